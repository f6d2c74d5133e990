// Verifies a signed checkpoint, its tree and its proofs with golang.org/x/mod/sumdb, and signs one of its own.
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

type proof struct {
	Position int64
	Hashes   []tlog.Hash
}

type given struct {
	Key       string
	Note      string
	Tiles     map[string][]byte
	Records   [][]byte
	Inclusion []proof
	Grown     []proof
}

func (g *given) Height() int                                { return height }
func (g *given) SaveTiles(tiles []tlog.Tile, data [][]byte) {}
func (g *given) ReadTiles(tiles []tlog.Tile) (found [][]byte, err error) {
	for _, t := range tiles {
		data, ok := g.Tiles[fmt.Sprintf("%d/%d/%d", t.L, t.N, t.W)]
		if !ok {
			return nil, fmt.Errorf("no tile %v", t)
		}
		found = append(found, data)
	}
	return found, nil
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func same(one, other []tlog.Hash) {
	if fmt.Sprint(one) != fmt.Sprint(other) {
		log.Fatalf("another proof: %v, not %v", other, one)
	}
}

func main() {
	log.SetFlags(0)
	var g given
	must(json.NewDecoder(os.Stdin).Decode(&g))
	verifier, err := note.NewVerifier(g.Key)
	must(err)
	opened, err := note.Open([]byte(g.Note), note.VerifierList(verifier))
	must(err)
	lines := strings.SplitN(opened.Text, "\n", 3)
	tree := tlog.Tree{}
	_, err = fmt.Sscan(lines[1], &tree.N)
	must(err)
	tree.Hash, err = tlog.ParseHash(strings.TrimSpace(lines[2]))
	must(err)
	reader := tlog.TileHashReader(tree, &g)
	for n, record := range g.Records {
		hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(n))})
		must(err)
		if hashes[0] != tlog.RecordHash(record) {
			log.Fatalf("another leaf %d", n)
		}
	}
	for _, each := range g.Inclusion {
		n := each.Position - 1
		must(tlog.CheckRecord(each.Hashes, tree.N, tree.Hash, n, tlog.RecordHash(g.Records[n])))
		made, err := tlog.ProveRecord(tree.N, n, reader)
		must(err)
		same(made, each.Hashes)
	}
	for _, each := range g.Grown {
		old, err := tlog.TreeHash(each.Position, reader)
		must(err)
		must(tlog.CheckTree(each.Hashes, tree.N, tree.Hash, each.Position, old))
		made, err := tlog.ProveTree(tree.N, each.Position, reader)
		must(err)
		same(made, each.Hashes)
	}
	secret, public, err := note.GenerateKey(rand.Reader, verifier.Name())
	must(err)
	signer, err := note.NewSigner(secret)
	must(err)
	signed, err := note.Sign(&note.Note{Text: opened.Text}, signer)
	must(err)
	must(json.NewEncoder(os.Stdout).Encode(map[string]string{"key": public, "note": string(bytes.TrimSpace(signed)) + "\n"}))
}
