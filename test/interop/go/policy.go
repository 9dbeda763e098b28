package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// keyName is what a signature line says of its key.
type keyName struct {
	name string
	hash uint32
}

type group struct {
	name      string
	threshold int
	members   []string
}

// policy is what a C2SP tlog-policy file says.
type policy struct {
	verifiers []note.Verifier
	logs      map[keyName]bool
	witnesses map[keyName]string
	groups    []group
	quorum    string
}

func parsePolicy(text string) (*policy, error) {
	p := &policy{logs: make(map[keyName]bool), witnesses: make(map[keyName]string)}
	for _, line := range strings.Split(text, "\n") {
		items := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
		if len(items) == 0 || strings.HasPrefix(items[0], "#") {
			continue
		}
		if err := p.readLine(items[0], items[1:]); err != nil {
			return nil, fmt.Errorf("line %q: %w", line, err)
		}
	}
	if p.quorum == "" {
		return nil, fmt.Errorf("no quorum line")
	}
	return p, nil
}

func (p *policy) readLine(keyword string, items []string) error {
	switch {
	case keyword == "log" && (len(items) == 1 || len(items) == 2):
		verifier, err := note.NewVerifier(items[0])
		if err != nil {
			return err
		}
		p.verifiers = append(p.verifiers, verifier)
		p.logs[keyName{verifier.Name(), verifier.KeyHash()}] = true
	case keyword == "witness" && (len(items) == 2 || len(items) == 3) && !p.defined(items[0]):
		verifier, err := newCosignatureVerifier(items[1])
		if err != nil {
			return err
		}
		p.verifiers = append(p.verifiers, verifier)
		p.witnesses[keyName{verifier.name, verifier.hash}] = items[0]
	case keyword == "group" && len(items) >= 3 && !p.defined(items[0]):
		return p.readGroup(items[0], items[1], items[2:])
	case keyword == "quorum" && len(items) == 1 && p.quorum == "" && (items[0] == "none" || p.defined(items[0])):
		p.quorum = items[0]
	default:
		return fmt.Errorf("malformed")
	}
	return nil
}

func (p *policy) readGroup(name, rule string, members []string) error {
	threshold := 0
	switch rule {
	case "any":
		threshold = 1
	case "all":
		threshold = len(members)
	default:
		threshold, _ = strconv.Atoi(rule)
	}
	if threshold < 1 || threshold > len(members) {
		return fmt.Errorf("threshold %s of %d", rule, len(members))
	}
	for _, member := range members {
		if !p.defined(member) {
			return fmt.Errorf("%s is not defined", member)
		}
		for _, other := range p.groups {
			if contains(other.members, member) {
				return fmt.Errorf("%s is in two groups", member)
			}
		}
	}
	p.groups = append(p.groups, group{name, threshold, members})
	return nil
}

func (p *policy) defined(name string) bool {
	for _, witness := range p.witnesses {
		if witness == name {
			return true
		}
	}
	for _, group := range p.groups {
		if group.name == name {
			return true
		}
	}
	return false
}

func (p *policy) quorumReached(cosigners []string) bool {
	reached := append([]string{"none"}, cosigners...)
	for _, group := range p.groups {
		count := 0
		for _, member := range group.members {
			if contains(reached, member) {
				count++
			}
		}
		if count >= group.threshold {
			reached = append(reached, group.name)
		}
	}
	return contains(reached, p.quorum)
}

func contains(names []string, name string) bool {
	for _, other := range names {
		if other == name {
			return true
		}
	}
	return false
}

// cosignatureVerifier is a note.Verifier for key type 0x04 of C2SP tlog-cosignature, which x/mod does not have.
type cosignatureVerifier struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newCosignatureVerifier(vkey string) (*cosignatureVerifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 || parts[0] == "" {
		return nil, fmt.Errorf("malformed vkey")
	}
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	if err != nil || len(parts[1]) != 8 {
		return nil, fmt.Errorf("malformed key ID")
	}
	material, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(material) != 1+ed25519.PublicKeySize || material[0] != 0x04 {
		return nil, fmt.Errorf("not an Ed25519 cosignature key")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), material...))
	if binary.BigEndian.Uint32(sum[:4]) != uint32(hash) {
		return nil, fmt.Errorf("the key ID does not fit")
	}
	return &cosignatureVerifier{parts[0], uint32(hash), ed25519.PublicKey(material[1:])}, nil
}

func (v *cosignatureVerifier) Name() string    { return v.name }
func (v *cosignatureVerifier) KeyHash() uint32 { return v.hash }

func (v *cosignatureVerifier) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(signature[:8])
	if time > 1<<63-1 {
		return false
	}
	message := append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", time)), text...)
	return ed25519.Verify(v.key, message, signature[8:])
}
