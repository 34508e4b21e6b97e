// Oracle: the OIDC authenticator of one kube-apiserver release, alone, answering lines.
//
// It reads one JSON object a line and answers each with one line, as `oidc-doctor replay --lines` does
// (contract.md, "Commands"), but with the release's own packages: the flags and the configuration file go through
// the server's option and validation code, the token through the server's authenticator. Differences from the
// running server: the key set is the one of the line, the clock is the line's `now`, nothing is sent over a network.
//
// One source for 1.30 to 1.37, built per release by build.sh.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"
	"unsafe"

	gooidc "github.com/coreos/go-oidc"
	"github.com/spf13/pflag"

	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	tokenunion "k8s.io/apiserver/pkg/authentication/token/union"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/klog/v2"
	kubeoptions "k8s.io/kubernetes/pkg/kubeapiserver/options"
)

// release is the Kubernetes release this binary was built from, set by the linker.
var release = "unknown"

// configFile is where a line's configuration file lies: a name in the working directory, a temporary one, so that
// the server's texts say FILE by themselves.
const configFile = "FILE"

// keySetURL is the address under which a line's key set is served to the authenticator, inside this process.
const keySetURL = "https://keys.invalid/jwks"

// question is one line of the input.
type question struct {
	ID      json.RawMessage `json:"id,omitempty"`
	Token   *string         `json:"token"`
	Flags   []string        `json:"flags"`
	Config  json.RawMessage `json:"authenticationConfig"`
	JWKS    json.RawMessage `json:"jwks"`
	Now     string          `json:"now"`
	Version string          `json:"version"`
}

// identity is what an accepted token is mapped to, before the server adds system:authenticated.
type identity struct {
	Username string              `json:"username"`
	UID      string              `json:"uid"`
	Groups   []string            `json:"groups"`
	Extra    map[string][]string `json:"extra"`
}

// answer is one line of the output. Errors holds every text seen when the server does not always say the same.
type answer struct {
	ID      json.RawMessage `json:"id,omitempty"`
	Outcome string          `json:"outcome"`
	User    *identity       `json:"user,omitempty"`
	Error   string          `json:"error,omitempty"`
	Errors  []string        `json:"errors,omitempty"`
}

func main() {
	repeat := flag.Int("repeat", 1, "ask each question this often and list all the errors seen")
	flag.Parse()
	if err := run(os.Stdin, os.Stdout, *repeat); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}

// run answers every line of in on out, in order.
func run(in io.Reader, out io.Writer, repeat int) error {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	time.Local = time.UTC // expiry times are printed in the server's zone
	scratch, err := os.MkdirTemp("", "oidc-oracle-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	if err := os.Chdir(scratch); err != nil {
		return err
	}
	lines, answers := bufio.NewReaderSize(in, 1<<20), bufio.NewWriter(out)
	encoder := json.NewEncoder(answers)
	encoder.SetEscapeHTML(false)
	settings := settingsCache{}
	for {
		line, readErr := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			if err := encoder.Encode(settings.answer(line, repeat)); err != nil {
				return err
			}
			if lines.Buffered() == 0 { // someone may be waiting for this answer before asking again
				if err := answers.Flush(); err != nil {
					return err
				}
			}
		}
		if errors.Is(readErr, io.EOF) {
			return answers.Flush()
		}
		if readErr != nil {
			return readErr
		}
	}
}

// answer answers one line, asking the authenticator `repeat` times.
func (s settingsCache) answer(line []byte, repeat int) answer {
	var q question
	if err := json.Unmarshal(line, &q); err != nil {
		return answer{Outcome: "bad-line", Error: err.Error()}
	}
	if q.Token == nil {
		return answer{ID: q.ID, Outcome: "bad-line", Error: "no token"}
	}
	if q.Version != "" && q.Version != release && !strings.HasPrefix(release, strings.TrimSuffix(q.Version, ".")+".") {
		return answer{ID: q.ID, Outcome: "bad-line", Error: "this oracle is " + release}
	}
	first := s.decide(q)
	seen := []string{first.Error}
	for range make([]struct{}, repeat-1) {
		if again := s.decide(q); !slices.Contains(seen, again.Error) {
			seen = append(seen, again.Error)
		}
	}
	if len(seen) > 1 {
		slices.Sort(seen)
		first.Error, first.Errors = seen[0], seen
	}
	first.ID = q.ID
	return first
}

// decide asks the authenticator once.
func (s settingsCache) decide(q question) (a answer) {
	defer func() {
		if crash := recover(); crash != nil {
			a = answer{Outcome: "panic", Error: fmt.Sprint(crash)}
		}
	}()
	now := time.Now()
	if q.Now != "" {
		var err error
		if now, err = time.Parse(time.RFC3339Nano, q.Now); err != nil {
			return answer{Outcome: "bad-line", Error: err.Error()}
		}
	}
	server, err := s.load(q)
	if err != nil {
		return answer{Outcome: "config-refused", Error: err.Error()}
	}
	server.line.set(textOf(q.JWKS), now.UTC())
	response, ok, err := server.chain.AuthenticateToken(context.Background(), *q.Token)
	switch {
	case server.line.unanswered != "":
		return answer{Outcome: "undecided", Error: "the authenticator asked for " + server.line.unanswered}
	case err != nil:
		return answer{Outcome: "refused", Error: err.Error()}
	case !ok:
		return answer{Outcome: "not-mine"}
	}
	who := response.User
	user := &identity{Username: who.GetName(), UID: who.GetUID(), Groups: []string{}, Extra: map[string][]string{}}
	user.Groups = append(user.Groups, who.GetGroups()...)
	for key, values := range who.GetExtra() {
		user.Extra[key] = values
	}
	return answer{Outcome: "accepted", User: user}
}

// server is what the server builds from a configuration: its JWT authenticators, over one line at a time.
type server struct {
	chain authenticator.Token
	line  *line
}

// loaded is what reading a configuration ended with.
type loaded struct {
	server *server
	err    error
}

// settingsCache keeps the configurations read so far by their text: many lines share one.
type settingsCache map[string]loaded

// load reads and validates the line's flags and file as the server does at its start.
func (s settingsCache) load(q question) (*server, error) {
	key := strings.Join(q.Flags, "\x00") + "\x00\x00" + string(q.Config)
	if known, ok := s[key]; ok {
		return known.server, known.err
	}
	read, err := readSettings(q.Flags, q.Config)
	s[key] = loaded{read, err}
	return read, err
}

// readSettings follows kube-apiserver's start: parse, validate, convert, build.
func readSettings(flags []string, config json.RawMessage) (*server, error) {
	options := kubeoptions.NewBuiltInAuthenticationOptions().WithAnonymous().WithOIDC()
	set := pflag.NewFlagSet("kube-apiserver", pflag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.SetNormalizeFunc(cliflag.WordSepNormalizeFunc)
	options.AddFlags(set)
	var ownIssuers []string // of service accounts; the real option set would also demand their keys
	set.StringArrayVar(&ownIssuers, "service-account-issuer", nil, "")
	if text := textOf(config); text != nil {
		if err := os.WriteFile(configFile, text, 0o600); err != nil {
			return nil, err
		}
		flags = append([]string{"--authentication-config=" + configFile}, flags...)
	}
	if err := set.Parse(flags); err != nil {
		return nil, err
	}
	if set.NArg() > 0 {
		return nil, fmt.Errorf("%q does not take any arguments, got %q", "kube-apiserver", set.Args())
	}
	if err := utilerrors.NewAggregate(options.Validate()); err != nil {
		return nil, err
	}
	built, err := options.ToAuthenticationConfig()
	if err != nil {
		return nil, err
	}
	line := &line{}
	var chain []authenticator.Token
	if built.AuthenticationConfig == nil { // before 1.31, without any OIDC setting
		return &server{chain: tokenunion.NewFailOnError(), line: line}, nil
	}
	for _, issuer := range built.AuthenticationConfig.JWT {
		options := oidc.Options{
			JWTAuthenticator:     issuer,
			SupportedSigningAlgs: built.OIDCSigningAlgs,
			DisallowedIssuers:    ownIssuers,
		}
		// Not allowed beside a key set, and validated by now.
		options.JWTAuthenticator.Issuer.DiscoveryURL = ""
		if err := tryBuild(options); err != nil {
			return nil, err
		}
		options.Client = &http.Client{Transport: line}
		options.KeySet = line
		setClock(&options, func() time.Time { return line.now })
		one, err := oidc.New(context.Background(), options)
		if err != nil {
			return nil, err
		}
		chain = append(chain, one)
	}
	return &server{chain: tokenunion.NewFailOnError(chain...), line: line}, nil
}

// tryBuild builds an authenticator with a client of its own, as the server does, for the errors that this gives.
func tryBuild(options oidc.Options) error {
	if bundle := options.JWTAuthenticator.Issuer.CertificateAuthority; bundle != "" {
		content, err := dynamiccertificates.NewStaticCAContent("oidc-authenticator", []byte(bundle))
		if err != nil {
			return err
		}
		options.CAContentProvider = content
	}
	options.KeySet = &line{}
	_, err := oidc.New(context.Background(), options)
	return err
}

// setClock sets the authenticator's clock, a field that is not exported.
func setClock(options *oidc.Options, now func() time.Time) {
	field := reflect.ValueOf(options).Elem().FieldByName("now")
	reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem().Set(reflect.ValueOf(now))
}

// line is what an authenticator sees of one line: the clock, the key set, and a network that has nothing else.
type line struct {
	now        time.Time
	keys       []byte
	remote     gooidc.KeySet
	unanswered string
}

// set starts another line: nothing of the one before stays, in particular no cached key.
func (l *line) set(keys []byte, now time.Time) {
	ctx := gooidc.ClientContext(context.Background(), &http.Client{Transport: l})
	*l = line{now: now, keys: keys, remote: gooidc.NewRemoteKeySet(ctx, keySetURL)}
}

// VerifySignature leaves the work to go-oidc's own remote key set, which asks RoundTrip for the keys.
func (l *line) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	return l.remote.VerifySignature(ctx, jwt)
}

// RoundTrip answers the request for the key set; any other request is noted, for it makes the answer unknown.
func (l *line) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.String() != keySetURL || l.keys == nil {
		l.unanswered = request.URL.String()
		return nil, errors.New("the oracle has no network")
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(bytes.NewReader(l.keys)),
		ContentLength: int64(len(l.keys)),
		Request:       request,
	}, nil
}

// textOf returns the bytes that a member stands for: a string's text, else the member's own bytes; nil if absent.
func textOf(member json.RawMessage) []byte {
	if len(member) == 0 || string(member) == "null" {
		return nil
	}
	var text string
	if member[0] == '"' && json.Unmarshal(member, &text) == nil {
		return []byte(text)
	}
	return member
}
