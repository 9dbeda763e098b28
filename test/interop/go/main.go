// Command checker verifies a Vermilion receipt with nothing of Vermilion: golang.org/x/mod/sumdb and the standard library.
//
//	checker <policy-file> <receipt-file> [--consistency <old-checkpoint-file> <new-checkpoint-file> <proof-file>]
//
// It prints one line that starts with "ok" and exits 0, or a reason and exits 1. A proof file has one base64 hash a line.
package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	lines, err := run(os.Args[1:])
	if err != nil {
		fmt.Println("refused:", err)
		os.Exit(1)
	}
	for _, line := range lines {
		fmt.Println(line)
	}
}

func run(args []string) ([]string, error) {
	if len(args) != 2 && !(len(args) == 6 && args[2] == "--consistency") {
		return nil, fmt.Errorf("usage: checker <policy-file> <receipt-file> [--consistency <old> <new> <proof>]")
	}
	texts := make(map[string]string)
	for _, path := range args {
		if path == "--consistency" {
			continue
		}
		bytes, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		texts[path] = string(bytes)
	}
	policy, err := parsePolicy(texts[args[0]])
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	line, err := checkReceipt(policy, texts[args[1]])
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	lines := []string{line}
	if len(args) == 6 {
		line, err := checkConsistency(policy, texts[args[3]], texts[args[4]], texts[args[5]])
		if err != nil {
			return nil, fmt.Errorf("consistency: %w", err)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// checkReceipt follows "Verifying a tlog proof" of C2SP tlog-proof.
func checkReceipt(policy *policy, receipt string) (string, error) {
	proof, checkpoint, found := strings.Cut(receipt, "\n\n")
	if !found {
		return "", fmt.Errorf("no empty line after the proof")
	}
	lines := strings.Split(proof, "\n")
	if len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "extra ") || !strings.HasPrefix(lines[2], "index ") {
		return "", fmt.Errorf("not a tlog-proof with extra and index")
	}
	record, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return "", fmt.Errorf("extra: %w", err)
	}
	if err := checkLeafRecord(string(record)); err != nil {
		return "", err
	}
	index, err := decimal(strings.TrimPrefix(lines[2], "index "))
	if err != nil {
		return "", fmt.Errorf("index: %w", err)
	}
	hashes, err := parseHashes(lines[3:])
	if err != nil {
		return "", err
	}
	tree, cosigners, err := policy.open(checkpoint)
	if err != nil {
		return "", err
	}
	if err := tlog.CheckRecord(tlog.RecordProof(hashes), tree.N, tree.Hash, index, tlog.RecordHash(record)); err != nil {
		return "", err
	}
	return fmt.Sprintf("ok receipt index %d size %d cosigned by %s", index, tree.N, strings.Join(cosigners, " ")), nil
}

func checkLeafRecord(record string) error {
	lines := strings.Split(record, "\n")
	if len(lines) != 5 || lines[0] != "vermilion-leaf/v1" || lines[4] != "" {
		return fmt.Errorf("extra is not a leaf record")
	}
	if lines[1] != "entry" && lines[1] != "header" {
		return fmt.Errorf("leaf record of unknown kind %q", lines[1])
	}
	return nil
}

func checkConsistency(policy *policy, oldCheckpoint, newCheckpoint, proof string) (string, error) {
	oldTree, _, err := policy.open(oldCheckpoint)
	if err != nil {
		return "", fmt.Errorf("old checkpoint: %w", err)
	}
	newTree, _, err := policy.open(newCheckpoint)
	if err != nil {
		return "", fmt.Errorf("new checkpoint: %w", err)
	}
	var lines []string
	if proof != "" {
		lines = strings.Split(strings.TrimSuffix(proof, "\n"), "\n")
	}
	hashes, err := parseHashes(lines)
	if err != nil {
		return "", err
	}
	if err := tlog.CheckTree(tlog.TreeProof(hashes), newTree.N, newTree.Hash, oldTree.N, oldTree.Hash); err != nil {
		return "", err
	}
	return fmt.Sprintf("ok consistency %d to %d", oldTree.N, newTree.N), nil
}

// open verifies the note of a checkpoint: a signature by a log whose name is the origin, and a quorum of cosignatures.
// note.Open refuses the whole note where a line of a known key does not verify, and ignores lines of unknown keys.
func (p *policy) open(checkpoint string) (tlog.Tree, []string, error) {
	opened, err := note.Open([]byte(checkpoint), note.VerifierList(p.verifiers...))
	if err != nil {
		return tlog.Tree{}, nil, err
	}
	origin, tree, err := parseCheckpoint(opened.Text)
	if err != nil {
		return tlog.Tree{}, nil, err
	}
	byLog := false
	var cosigners []string
	for _, signature := range opened.Sigs {
		key := keyName{signature.Name, signature.Hash}
		if p.logs[key] && signature.Name == origin {
			byLog = true
		}
		if name, known := p.witnesses[key]; known {
			cosigners = append(cosigners, name)
		}
	}
	if !byLog {
		return tlog.Tree{}, nil, fmt.Errorf("no signature by a log of %s", origin)
	}
	if !p.quorumReached(cosigners) {
		return tlog.Tree{}, nil, fmt.Errorf("no quorum: cosigned by %v", cosigners)
	}
	return tree, cosigners, nil
}

func parseCheckpoint(text string) (string, tlog.Tree, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[0] == "" {
		return "", tlog.Tree{}, fmt.Errorf("the note is not a checkpoint")
	}
	size, err := decimal(lines[1])
	if err != nil {
		return "", tlog.Tree{}, fmt.Errorf("size: %w", err)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return "", tlog.Tree{}, fmt.Errorf("root: %w", err)
	}
	return lines[0], tlog.Tree{N: size, Hash: root}, nil
}

func parseHashes(lines []string) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, fmt.Errorf("proof line %q: %w", line, err)
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// decimal reads an integer that has one spelling.
func decimal(text string) (int64, error) {
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil || value < 0 || strconv.FormatInt(value, 10) != text {
		return 0, fmt.Errorf("%q is not a decimal", text)
	}
	return value, nil
}
