// A client of HTTP/3 for the tests. It reads one command a line, as JSON, and writes one answer a line; both name their id.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

// command is one request, or the beginning or the end of a load.
type command struct {
	ID string `json:"id"`
	// Do is "ask", "load", "stop" or "close".
	Do string `json:"do"`
	// Connection is the name of a connection that is kept; empty: one of its own.
	Connection string `json:"connection"`
	Address    string `json:"address"`
	SNI        string `json:"sni"`
	Authority  string `json:"authority"`
	Method     string `json:"method"`
	Path       string `json:"path"`
	// Headers are pairs.
	Headers [][2]string `json:"headers"`
	Body    string      `json:"body"`
	// Certificate and Key are what the client shows, in PEM.
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
	// Sessions is the name of a store of TLS sessions, which counts for all names of hosts alike; empty: none.
	Sessions string `json:"sessions"`
	// Early asks for 0-RTT.
	Early bool `json:"early"`
	// From is an address that datagrams come from once the connection is there, though answers do not reach the client there.
	From string `json:"from"`
	// Workers is how many loops ask in a load; half of them over a new connection for each request.
	Workers int `json:"workers"`
}

type answer struct {
	ID          string            `json:"id"`
	Error       string            `json:"error,omitempty"`
	Status      int               `json:"status,omitempty"`
	Protocol    string            `json:"protocol,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"`
	Body        string            `json:"body,omitempty"`
	Certificate []string          `json:"certificate,omitempty"`
	Resumed     bool              `json:"resumed,omitempty"`
	Early       bool              `json:"early,omitempty"`
	// Counts is how often each outcome was seen in a load.
	Counts map[string]int `json:"counts,omitempty"`
}

// limit is how long a handshake, or a request, may take.
const limit = 5 * time.Second

// link is a connection with what it was made of.
type link struct {
	quic   *quic.Conn
	http   *http3.ClientConn
	socket *movingSocket
}

func (l *link) close() {
	_ = l.quic.CloseWithError(0, "")
	_ = l.socket.Close()
}

// movingSocket sends from another address once it is told to, and goes on receiving at its first one.
type movingSocket struct {
	*net.UDPConn
	mutex sync.Mutex
	other *net.UDPConn
}

func (s *movingSocket) move(from string) error {
	other, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(from)})
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.other = other
	return err
}

// plainSocket hides what quic-go would use to send past WriteTo.
type plainSocket struct{ inner *movingSocket }

func (s plainSocket) ReadFrom(p []byte) (int, net.Addr, error) { return s.inner.ReadFrom(p) }
func (s plainSocket) Close() error                             { return s.inner.Close() }
func (s plainSocket) LocalAddr() net.Addr                      { return s.inner.LocalAddr() }
func (s plainSocket) SetDeadline(t time.Time) error            { return s.inner.SetDeadline(t) }
func (s plainSocket) SetReadDeadline(t time.Time) error        { return s.inner.SetReadDeadline(t) }
func (s plainSocket) SetWriteDeadline(t time.Time) error       { return s.inner.SetWriteDeadline(t) }
func (s plainSocket) WriteTo(p []byte, to net.Addr) (int, error) {
	s.inner.mutex.Lock()
	other := s.inner.other
	s.inner.mutex.Unlock()
	if other != nil {
		return other.WriteTo(p, to)
	}
	return s.inner.WriteTo(p, to)
}

// anyName keeps one session whatever name it was for.
type anyName struct{ tls.ClientSessionCache }

func (c anyName) Get(string) (*tls.ClientSessionState, bool)  { return c.ClientSessionCache.Get("") }
func (c anyName) Put(_ string, state *tls.ClientSessionState) { c.ClientSessionCache.Put("", state) }

var (
	mutex    sync.Mutex
	links    = map[string]*link{}
	sessions = map[string]tls.ClientSessionCache{}
	loads    = map[string]*load{}
)

func sessionsOf(name string) tls.ClientSessionCache {
	mutex.Lock()
	defer mutex.Unlock()
	if sessions[name] == nil {
		sessions[name] = anyName{tls.NewLRUClientSessionCache(4)}
	}
	return sessions[name]
}

func dial(c command) (*link, error) {
	// Any certificate will do, also for a session that began under another name.
	settings := &tls.Config{NextProtos: []string{"h3"}, InsecureSkipVerify: true, ServerName: c.SNI, MinVersion: tls.VersionTLS13}
	if c.Certificate != "" {
		pair, err := tls.X509KeyPair([]byte(c.Certificate), []byte(c.Key))
		if err != nil {
			return nil, err
		}
		// Without the question whether the server would accept its issuer.
		settings.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	if c.Sessions != "" {
		settings.ClientSessionCache = sessionsOf(c.Sessions)
	}
	to, err := net.ResolveUDPAddr("udp", c.Address)
	if err != nil {
		return nil, err
	}
	local := net.IPv4(127, 0, 0, 1)
	if to.IP.To4() == nil {
		local = net.IPv6loopback
	}
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: local})
	if err != nil {
		return nil, err
	}
	socket := &movingSocket{UDPConn: udp}
	transport := &quic.Transport{Conn: plainSocket{socket}}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	call := transport.Dial
	if c.Early {
		call = transport.DialEarly
	}
	connection, err := call(ctx, to, settings, &quic.Config{HandshakeIdleTimeout: limit, MaxIdleTimeout: limit})
	if err != nil {
		_ = socket.Close()
		return nil, err
	}
	return &link{quic: connection, http: (&http3.Transport{}).NewClientConn(connection), socket: socket}, nil
}

func linkOf(c command) (*link, error) {
	mutex.Lock()
	kept := links[c.Connection]
	mutex.Unlock()
	if c.Connection != "" && kept != nil && kept.quic.Context().Err() == nil {
		return kept, nil
	}
	made, err := dial(c)
	if err == nil && c.Connection != "" {
		mutex.Lock()
		links[c.Connection] = made
		mutex.Unlock()
	}
	return made, err
}

func ask(c command) answer {
	l, err := linkOf(c)
	if err != nil {
		return answer{ID: c.ID, Error: err.Error()}
	}
	if c.Connection == "" {
		defer l.close()
	}
	if c.From != "" {
		if err := l.socket.move(c.From); err != nil {
			return answer{ID: c.ID, Error: err.Error()}
		}
	}
	reply, err := send(l, c)
	if err != nil {
		return answer{ID: c.ID, Error: err.Error()}
	}
	reply.ID = c.ID
	state := l.quic.ConnectionState()
	reply.Resumed = state.TLS.DidResume
	reply.Early = state.Used0RTT
	reply.Certificate = namesOf(state.TLS.PeerCertificates)
	return reply
}

func namesOf(chain []*x509.Certificate) []string {
	if len(chain) == 0 {
		return nil
	}
	return append([]string{chain[0].Subject.CommonName}, chain[0].DNSNames...)
}

func send(l *link, c command) (answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	target, err := url.Parse("https://" + c.Authority + c.Path)
	if err != nil {
		return answer{}, err
	}
	request := &http.Request{Method: c.Method, URL: target, Host: c.Authority, Header: http.Header{}}
	if c.Body != "" {
		request.Body = io.NopCloser(strings.NewReader(c.Body))
		request.ContentLength = int64(len(c.Body))
	}
	for _, pair := range c.Headers {
		request.Header.Add(pair[0], pair[1])
	}
	response, err := l.http.RoundTrip(request.WithContext(ctx))
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	headers := map[string]string{}
	for name, values := range response.Header {
		headers[strings.ToLower(name)] = strings.Join(values, " | ")
	}
	return answer{Status: response.StatusCode, Protocol: response.Proto, Headers: headers, Body: string(body)}, nil
}

type load struct {
	stop   chan struct{}
	group  sync.WaitGroup
	mutex  sync.Mutex
	counts map[string]int
}

func (l *load) count(kind string, outcome answer, err error) {
	word := fmt.Sprint(outcome.Status)
	if err != nil {
		word = err.Error()
		// The server has not begun with the request, and says so: RFC 9114 has clients send it again, over another connection.
		if strings.Contains(word, "H3_NO_ERROR") || strings.Contains(word, "graceful shutdown") {
			word = "elsewhere"
		}
	}
	l.mutex.Lock()
	l.counts[kind+": "+word]++
	l.mutex.Unlock()
}

// run asks until it is stopped. A connection that broke is made anew for the next request.
func (l *load) run(c command, isKept bool) {
	defer l.group.Done()
	kind := "new"
	if isKept {
		kind = "kept"
	}
	var open *link
	for {
		select {
		case <-l.stop:
			if open != nil {
				open.close()
			}
			return
		default:
		}
		var err error
		if open == nil {
			if open, err = dial(c); err != nil {
				l.count(kind+" handshake", answer{}, err)
				open = nil
				continue
			}
		}
		reply, err := send(open, c)
		l.count(kind, reply, err)
		if err != nil || !isKept {
			open.close()
			open = nil
		}
	}
}

func begin(c command) answer {
	l := &load{stop: make(chan struct{}), counts: map[string]int{}}
	mutex.Lock()
	loads[c.Connection] = l
	mutex.Unlock()
	for index := range c.Workers {
		l.group.Add(1)
		go l.run(c, index%2 == 0)
	}
	return answer{ID: c.ID}
}

func end(c command) answer {
	mutex.Lock()
	l := loads[c.Connection]
	mutex.Unlock()
	close(l.stop)
	l.group.Wait()
	return answer{ID: c.ID, Counts: l.counts}
}

func shut(c command) answer {
	mutex.Lock()
	defer mutex.Unlock()
	if l := links[c.Connection]; l != nil {
		l.close()
		delete(links, c.Connection)
	}
	return answer{ID: c.ID}
}

var actions = map[string]func(command) answer{"ask": ask, "load": begin, "stop": end, "close": shut}

func main() {
	lines := bufio.NewReader(os.Stdin)
	var output sync.Mutex
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var c command
		if err := json.NewDecoder(bytes.NewReader(line)).Decode(&c); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		go func() {
			text, _ := json.Marshal(actions[c.Do](c))
			output.Lock()
			defer output.Unlock()
			fmt.Println(string(text))
		}()
	}
}
