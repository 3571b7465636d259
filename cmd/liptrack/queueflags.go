package main

import (
	"errors"

	"github.com/spf13/pflag"

	"github.com/liptrack/liptrack/cluster/queue"
)

// queueFlags hold the flags for the place of a queue, for its server, workers and inquiries.
type queueFlags struct {
	place     queue.Place
	tokenFile string
	// certificate and key are for a server, authorities for its clients.
	certificate, key, authorities string
}

// registerServer adds the flags of a server.
func (f *queueFlags) registerServer(flags *pflag.FlagSet) {
	flags.StringVar(
		&f.place.Listen,
		"listen",
		queue.DefaultListen,
		"HOST:PORT to serve at; any HOST but the local one needs --tls-cert, --tls-key and --token-file",
	)
	flags.StringVar(&f.certificate, "tls-cert", "", "file with the server's certificate")
	flags.StringVar(&f.key, "tls-key", "", "file with the certificate's key")
	f.registerClient(flags)
}

// registerClient adds the flags of a client.
func (f *queueFlags) registerClient(flags *pflag.FlagSet) {
	flags.StringVar(
		&f.tokenFile,
		"token-file",
		"",
		"file with the token that workers must present",
	)
	flags.StringVar(&f.authorities, "tls-ca", "",
		"file with the certificate to trust, or its authority's (default the system's authorities)")
	flags.StringVar(
		&f.place.Queue,
		"queue",
		queue.DefaultQueue,
		"name of the queue, if a NATS server has several",
	)
}

// readPlace returns the place that the flags describe, and reads the token and certificates.
func (f *queueFlags) readPlace() (place queue.Place, err error) {
	place = f.place
	if f.tokenFile != "" {
		if place.Token, err = queue.ReadToken(f.tokenFile); err != nil {
			return place, err
		}
	}

	switch {
	case (f.certificate == "") != (f.key == ""):
		return place, errors.New("--tls-cert and --tls-key must be given together")
	case f.certificate != "":
		place.TLS, err = queue.ServerTLS(f.certificate, f.key)
	case f.authorities != "":
		place.TLS, err = queue.ClientTLS(f.authorities)
	}

	return place, err
}
