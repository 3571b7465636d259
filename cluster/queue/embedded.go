package queue

import (
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// embed starts a NATS server in this process.
func (h *Host) embed(store string, at Place) error {
	host, port, err := listenAt(at)
	if err != nil {
		return err
	}

	h.nats, err = server.NewServer(&server.Options{
		ServerName:             "liptrack",
		Host:                   host,
		Port:                   port,
		Authorization:          at.Token,
		TLS:                    at.TLS != nil,
		TLSConfig:              at.TLS,
		TLSTimeout:             10,
		JetStream:              true,
		StoreDir:               store,
		SyncAlways:             true,
		NoSigs:                 true,
		NoLog:                  true,
		JetStreamMaxMemory:     1 << 30,
		JetStreamMaxStore:      1 << 40,
		DisableJetStreamBanner: true,
	})
	if err != nil {
		return fmt.Errorf("the queue cannot start: %w", err)
	}

	// The NATS server reports failures only to its log, so the last error is kept for our error
	// message.
	logger := &errorLog{log: h.options.Log}
	h.nats.SetLoggerV2(logger, false, false, false)
	h.nats.Start()
	if !h.nats.ReadyForConnections(20 * time.Second) {
		return fmt.Errorf("the queue cannot serve at %s: %s",
			net.JoinHostPort(host, fmt.Sprint(port)), logger.lastError())
	}

	if !h.nats.JetStreamEnabled() {
		return fmt.Errorf("the queue cannot store anything in %s: %s",
			store, logger.lastError())
	}

	return nil
}

// errorLog passes on the errors of NATS and keeps the last one, to explain why it does not start.
type errorLog struct {
	log  func(text string)
	mu   sync.Mutex
	last string
}

func (*errorLog) Noticef(string, ...any) {}
func (*errorLog) Warnf(string, ...any)   {}
func (*errorLog) Debugf(string, ...any)  {}
func (*errorLog) Tracef(string, ...any)  {}

func (l *errorLog) Fatalf(format string, v ...any) {
	l.Errorf(format, v...)
}

func (l *errorLog) Errorf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = fmt.Sprintf(format, v...)
	if l.log != nil {
		l.log("queue: " + l.last)
	}
}

func (l *errorLog) lastError() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}
