package queue

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// certificate makes a self-signed certificate for this machine and returns the files of the
// certificate and its key.
func certificate(t *testing.T) (file, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}

	signed, err1 := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	secret, err2 := x509.MarshalPKCS8PrivateKey(private)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{
		file: {Type: "CERTIFICATE", Bytes: signed}, key: {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	return file, key
}

// TestStrangersAreRefused checks that a server with a token and TLS refuses strangers, and that
// workers refuse a server with an unknown certificate.
func TestStrangersAreRefused(t *testing.T) {
	ctx := context.Background()
	file, key := certificate(t)
	secure, err := ServerTLS(file, key)
	if err != nil {
		t.Fatal(err)
	}
	const token = "a-word-of-many-letters"
	at := Place{Listen: "127.0.0.1:0", TLS: secure, Token: token, Queue: DefaultQueue}
	h, err := Open(ctx, t.TempDir(), load(t, "").Runs, at, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()

	trusted, err1 := ClientTLS(file)
	otherFile, _ := certificate(t)
	other, err2 := ClientTLS(otherFile)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		token string
		tls   *tls.Config
		want  string // text of the error; empty for none
	}{
		"one who knows":       {token, trusted, ""},
		"wrong token":         {"another-word-of-letters", trusted, "another token"},
		"no token":            {"", trusted, "another token"},
		"another certificate": {token, other, "its certificate is not trusted"},
		"no TLS":              {token, nil, "certificate"},
	} {
		v, err := Join(ctx, Place{URL: h.URL(), Token: c.token, TLS: c.tls, Queue: DefaultQueue}, WorkerOptions{Patience: time.Second})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
		if err == nil {
			v.Close()
		}
	}

	for _, listen := range []string{"0.0.0.0:0", ":0", "192.0.2.1:7422", "[::]:0"} {
		for _, open := range []Place{{Listen: listen}, {Listen: listen, Token: token}, {Listen: listen, TLS: secure}} {
			if _, _, err := listenAt(open); !errors.Is(err, errOpenDoor) {
				t.Errorf("%s: error %v, want it refused", listen, err)
			}
		}
	}

	for _, address := range []string{"http://127.0.0.1:7422", "at://127.0.0.1:7422", "127.0.0.1:7422", "nats://"} {
		_, err := dial(Place{URL: address})
		if err == nil || !strings.Contains(err.Error(), "want nats://HOST:PORT") {
			t.Errorf("%s: got %v, want what an address looks like", address, err)
		}
	}

	if _, err := dial(Place{URL: "nats://192.0.2.1:7422"}); !errors.Is(err, errOpenDoor) {
		t.Errorf("another machine without a token: error %v", err)
	}
}

// TestOtherVersionsAreRefused checks that the refusal explains itself.
func TestOtherVersionsAreRefused(t *testing.T) {
	h, err := Open(context.Background(), t.TempDir(), load(t, "").Runs, Place{Listen: "127.0.0.1:0", Queue: DefaultQueue}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for _, change := range []func(*tenant){
		func(t *tenant) { t.Protocol++ },
		func(t *tenant) { t.Program = "v0.0.1" },
	} {
		other := thisTenant()
		change(&other)
		a := h.answer(context.Background(), question{Kind: askHello, From: other})
		if a.Verdict != refused || !strings.Contains(a.Text, "use the same") {
			t.Errorf("%+v", a)
		}
	}
}

// TestFoldersOfOthersAreLeftAlone tries folders that are being served, belong to another sweep, or
// have an edited list.
func TestFoldersOfOthersAreLeftAlone(t *testing.T) {
	ctx, dir, at := context.Background(), t.TempDir(), Place{Listen: "127.0.0.1:0", Queue: DefaultQueue}
	h, err := Open(ctx, dir, load(t, "").Runs, at, Options{})
	if err != nil {
		t.Fatal(err)
	}
	open := func(arguments, want string) {
		t.Helper()
		second, err := Open(ctx, dir, load(t, arguments).Runs, at, Options{})
		if err == nil {
			second.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}

	open("", "another \"liptrack serve\" is running")
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	open("seed=5", "the queue of another sweep")

	list := filepath.Join(dir, rundir.QueueFolder, "runs.json")
	raw, err := os.ReadFile(list)
	if err == nil {
		err = os.WriteFile(list, []byte(strings.Replace(string(raw), "victim/8", "victim/9", 1)), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	open("", "is not as it was written")
}

// TestOtherKernelsBeginAnew checks that a run starts over on other kernels after a wait, which its
// status records, and resumes at once on the same kernels.
func TestOtherKernelsBeginAnew(t *testing.T) {
	run := load(t, "").Runs[0]
	on := &oneRun{kernels: "openblas AVX2"}
	s, err := newServer(load(t, "").Runs[:1], on, Options{Hold: time.Minute, SameKernels: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	other := thisTenant()
	other.Kernels = "gonum"
	claim := question{Kind: askClaim, From: other, Run: keyOf(run), Lease: "a", Delivery: 1}
	if a := s.answer(context.Background(), claim); a.Verdict != waiting || a.Delay <= 0 || a.Delay > 50*time.Millisecond {
		t.Errorf("at first: %+v", a)
	}
	time.Sleep(60 * time.Millisecond)
	if a := s.answer(context.Background(), claim); a.Verdict != granted || !on.anew || !strings.Contains(on.note, "started over") ||
		!strings.Contains(on.note, "openblas AVX2") {
		t.Errorf("after the wait: %+v, anew %v, %q", a, on.anew, on.note)
	}

	same := thisTenant()
	same.Kernels, same.PID = on.kernels, 1
	release := question{Kind: askRelease, From: other, Run: keyOf(run), Lease: "a"}
	if a := s.answer(context.Background(), release); a.Verdict != granted {
		t.Errorf("giving back: %+v", a)
	}
	again := question{Kind: askClaim, From: same, Run: keyOf(run), Lease: "b", Delivery: 2}
	if a := s.answer(context.Background(), again); a.Verdict != granted || on.anew || !strings.Contains(on.note, "resumed after") {
		t.Errorf("the same kernels: %+v, anew %v, %q", a, on.anew, on.note)
	}
	beat := question{Kind: askBeat, From: other, Run: keyOf(run), Lease: "a"}
	if a := s.answer(context.Background(), beat); a.Verdict != lost {
		t.Errorf("an older lease: %+v", a)
	}
}

// A restarted server counts lent runs once it hears of them, and never subtracts a run that it has
// not counted.
func TestRunsAreCountedByAServerStartedAgain(t *testing.T) {
	run := load(t, "").Runs[0]
	s, err := newServer(load(t, "").Runs[:1], &oneRun{lease: "a"}, Options{})
	if err != nil {
		t.Fatal(err)
	}

	running := func(want int) {
		t.Helper()
		workers := s.Workers()
		if len(workers) != 1 || workers[0].Running != want {
			t.Errorf("%+v, want one worker with %d runs", workers, want)
		}
	}

	ask := func(kind, lease string, want verdict) {
		t.Helper()
		a := s.answer(context.Background(), question{Kind: kind, From: thisTenant(), Run: keyOf(run), Lease: lease})
		if a.Verdict != want {
			t.Errorf("%s: %+v, want %s", kind, a, want)
		}
	}

	ask(askHello, "", granted)
	running(0)
	ask(askBeat, "a", granted)
	ask(askBeat, "a", granted)
	running(1)
	ask(askRelease, "a", granted)
	running(0)
	ask(askClaim, "b", granted)
	running(1)
	ask(askRelease, "a", lost)
	running(1)
	ask(askRelease, "b", granted)
	running(0)
}

// oneRun is a shelf with one run, whose checkpoint was computed by given kernels.
type oneRun struct {
	shelf
	lease   string
	kernels string
	anew    bool
	note    string
}

func (o *oneRun) standing(config.Run) (standing, error)    { return standing{lease: o.lease}, nil }
func (o *oneRun) progress(config.Run) (string, int, error) { return o.kernels, 7, nil }
func (*oneRun) giveBack(config.Run, string) error          { return nil }
func (o *oneRun) lend(_ config.Run, _ rundir.Worker, anew bool, note string) ([]byte, error) {
	o.anew, o.note = anew, note
	return nil, nil
}

// TestAnswersToAnEarlierServerTakeNothingOff acknowledges an offer of an earlier server, which must
// not remove one of this server.
func TestAnswersToAnEarlierServerTakeNothingOff(t *testing.T) {
	ctx, dir, address := context.Background(), t.TempDir(), freeAddress(t)
	serve := func() *Host {
		h, err := Open(ctx, dir, load(t, "").Runs[:1], Place{Listen: address, Queue: DefaultQueue}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}

	h := serve()
	v, err := Join(ctx, Place{URL: h.URL(), Queue: DefaultQueue}, WorkerOptions{Scratch: t.TempDir(), Patience: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	earlier, err := v.takeOffer(ctx)
	if err != nil || earlier == nil {
		t.Fatal(earlier, err)
	}

	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = serve()
	defer h.Close()
	if _, err := v.ask(ctx, question{Kind: askHello}); err != nil {
		t.Fatal(err)
	}
	later, err := v.takeOffer(ctx)
	if err != nil || later == nil {
		t.Fatal(later, err)
	}
	if err := errors.Join(earlier.Ack(), later.NakWithDelay(0)); err != nil {
		t.Fatal(err)
	}
	if again, err := v.takeOffer(ctx); err != nil || again == nil {
		t.Errorf("given back, the run is on offer: %v, error %v", again, err)
	}
}

// TestARunIsTakenOnce offers a run again to the worker that has it. Taking it twice would put two
// processors to work in one folder.
func TestARunIsTakenOnce(t *testing.T) {
	w := &Worker{held: map[string]*loan{"a/1": {}}}
	back := &returned{}
	if _, ok, err := w.claim(t.Context(), &offer{key: "a/1", message: back}); ok || err != nil || back.times != 1 {
		t.Errorf("taken %v, given back %d times, error %v", ok, back.times, err)
	}
}

// returned is the message of an offer that counts how often it is given back.
type returned struct {
	message
	times int
}

func (r *returned) NakWithDelay(time.Duration) error {
	r.times++
	return nil
}
