// Answers questions about trees and notes with Go's own sumdb/tlog and sumdb/note, one a line on standard input.
// Built and asked by `python -m tests.oracle`; it shares no code with this project.
package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		found[i] = m[index]
	}
	return found, nil
}

var stored memory

func bytes(text string) []byte {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return data
}

func hash(text string) (h tlog.Hash) {
	copy(h[:], bytes(text))
	return
}

func hashes(texts []string) (found []tlog.Hash) {
	for _, text := range texts {
		found = append(found, hash(text))
	}
	return
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

func told(err error) string {
	if err != nil {
		return "no"
	}
	return "ok"
}

func list(found []tlog.Hash, err error) string {
	if err != nil {
		return "no"
	}
	texts := []string{"ok"}
	for _, h := range found {
		texts = append(texts, base64.StdEncoding.EncodeToString(h[:]))
	}
	return strings.Join(texts, " ")
}

func answer(words []string) string {
	args := words[1:]
	switch words[0] {
	case "record": // the body of the next leaf
		fresh, err := tlog.StoredHashes(number(args[0]), bytes(args[1]), stored)
		stored = append(stored, fresh...)
		return told(err)
	case "root": // size
		root, err := tlog.TreeHash(number(args[0]), stored)
		return list([]tlog.Hash{root}, err)
	case "inclusion": // size, index: its own proof
		proof, err := tlog.ProveRecord(number(args[0]), number(args[1]), stored)
		return list(proof, err)
	case "consistency": // new, old: its own proof
		proof, err := tlog.ProveTree(number(args[0]), number(args[1]), stored)
		return list(proof, err)
	case "check-inclusion": // size, root, index, leaf, proof
		return told(tlog.CheckRecord(hashes(args[4:]), number(args[0]), hash(args[1]), number(args[2]), hash(args[3])))
	case "check-consistency": // new, root, old, root, proof
		return told(tlog.CheckTree(hashes(args[4:]), number(args[0]), hash(args[1]), number(args[2]), hash(args[3])))
	case "open": // verifier key, note
		verifier, err := note.NewVerifier(args[0])
		if err != nil {
			return "no key"
		}
		_, err = note.Open(bytes(args[1]), note.VerifierList(verifier))
		return told(err)
	case "sign": // signer key, text
		signer, err := note.NewSigner(args[0])
		if err != nil {
			return "no key"
		}
		made, err := note.Sign(&note.Note{Text: string(bytes(args[1]))}, signer)
		return told(err) + " " + base64.StdEncoding.EncodeToString(made)
	}
	return "what?"
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<24)
	for lines.Scan() {
		fmt.Println(answer(strings.Fields(lines.Text())))
	}
}
