package queue

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/liptrack/liptrack/internal/input"
)

// Place describes where a queue is served and who may connect.
type Place struct {
	// Listen is the address to serve at, HOST:PORT. Any host but the loopback needs TLS and a
	// token.
	Listen string
	// TLS holds the server's certificate or the authorities to trust; nil for none.
	TLS *tls.Config
	// Token is the shared secret of the workers; empty for none.
	Token string
	// URL is the address of a running NATS server; TLS and Token then apply to the connection.
	URL string
	// Queue is the name of the queue within the NATS server.
	Queue string
}

// DefaultQueue is the default name of a queue.
const DefaultQueue = "liptrack"

// DefaultListen is the default address, which only this machine can reach.
const DefaultListen = "127.0.0.1:7422"

// errOpenDoor is the error of an address at which strangers could connect or listen in.
var errOpenDoor = errors.New("is not a local address: it needs a token and TLS")

// listenAt parses the address to serve at. It fails if serving there would be unsafe.
func listenAt(at Place) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(at.Listen)
	if err != nil {
		return "", 0, fmt.Errorf("%q: want HOST:PORT: %w", at.Listen, err)
	}

	if port, err = strconv.Atoi(text); err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("%q: port %q must be a number from 0 to 65535",
			at.Listen, text)
	}

	if port == 0 {
		port = -1 // NATS takes any free port
	}

	if !isLoopback(host) && (at.Token == "" || at.TLS == nil) {
		return "", 0, fmt.Errorf("%s %w", at.Listen, errOpenDoor)
	}

	return host, port, nil
}

// isLoopback reports whether a host is a loopback address of this machine.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// dial connects to a NATS server. It fails if the connection would be unsafe.
func dial(at Place) (*nats.Conn, error) {
	address, err := url.Parse(at.URL)
	if err != nil || address.Hostname() == "" || !slices.Contains([]string{"nats", "tls"}, address.Scheme) {
		return nil, fmt.Errorf("%.80q: want nats://HOST:PORT", at.URL)
	}

	secure := at.TLS
	if !isLoopback(address.Hostname()) {
		// Over a network anybody could take runs and read the traffic.
		if at.Token == "" {
			return nil, fmt.Errorf("%s %w", at.URL, errOpenDoor)
		}

		if secure == nil {
			secure = &tls.Config{MinVersion: tls.VersionTLS12} // verifies by the system's authorities
		}
	}

	options := []nats.Option{
		nats.Name("liptrack"), nats.MaxReconnects(-1), nats.ReconnectWait(500 * time.Millisecond),
		nats.Timeout(5 * time.Second), nats.PingInterval(10 * time.Second), nats.MaxPingsOutstanding(2),
	}
	if at.Token != "" {
		options = append(options, nats.Token(at.Token))
	}

	if secure != nil {
		options = append(options, nats.Secure(secure))
	}

	conn, err := nats.Connect(at.URL, options...)

	return conn, explained(at, err)
}

// errNotAdmitted is the error of a connection that would be refused again.
var errNotAdmitted = errors.New("not admitted")

// explained adds an explanation for the user to the error of a failed connection.
func explained(at Place, err error) error {
	var verification *tls.CertificateVerificationError // wraps all errors of x509

	switch {
	case err == nil:
		return nil
	case errors.Is(err, nats.ErrAuthorization):
		return fmt.Errorf("%s: %w: the server expects another token than the one in --token-file",
			at.URL, errNotAdmitted)
	case errors.As(err, &verification):
		return fmt.Errorf("%s: %w: its certificate is not trusted: %w; --tls-ca names the file of a certificate to "+
			"trust", at.URL, errNotAdmitted, err)
	case errors.Is(err, nats.ErrSecureConnWanted) || errors.Is(err, nats.ErrSecureConnRequired):
		return fmt.Errorf("%s: %w: %w; one side uses TLS and the other does not",
			at.URL, errNotAdmitted, err)
	default:
		return fmt.Errorf("%s: %w", at.URL, err)
	}
}

// dialPatiently connects to a server that may not have started yet.
func dialPatiently(ctx context.Context, at Place, patience time.Duration, log func(string)) (*nats.Conn, error) {
	begun := time.Now()
	for told := false; ; {
		conn, err := dial(at)
		if err == nil || errors.Is(err, errNotAdmitted) || errors.Is(err, errOpenDoor) {
			return conn, err
		}

		if time.Since(begun) > patience {
			return nil, err
		}

		if !told {
			log(fmt.Sprintf("%v; retrying for %v", err, patience))
			told = true
		}

		if err := sleep(ctx, time.Second); err != nil {
			return nil, err
		}
	}
}

// ReadToken reads a token from a file, which must contain one word of at least 16 characters.
func ReadToken(path string) (string, error) {
	raw, err := input.ReadText(path)
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(raw))
	const shortest = 16
	if len(token) < shortest || strings.ContainsAny(token, " \t\r\n") {
		return "", fmt.Errorf("token file %s: want a single word of at least %d characters",
			path, shortest)
	}
	return token, nil
}

// ServerTLS returns the TLS configuration of a server with a certificate.
func ServerTLS(certificate, key string) (*tls.Config, error) {
	pair, err := readPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("certificate %s with key %s: %w", certificate, key, err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// readPair reads a certificate and its key.
func readPair(certificate, key string) (tls.Certificate, error) {
	shown, err := input.ReadText(certificate)
	if err != nil {
		return tls.Certificate{}, err
	}

	secret, err := input.ReadText(key)
	if err != nil {
		return tls.Certificate{}, err
	}

	return tls.X509KeyPair(shown, secret)
}

// ClientTLS returns the TLS configuration of a client that trusts the authorities in a file.
func ClientTLS(authorities string) (*tls.Config, error) {
	raw, err := input.ReadText(authorities)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(raw) {
		return nil, fmt.Errorf("%s has no certificate in PEM format", authorities)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}
