// Writes a vulnerability database as Trivy reads it (schema 2 of trivy-db) from a few advisories in JSON.
//
//	go run . advisories.json FOLDER
//
// A bucket for each source of advisories holds a bucket for each package; "data-source" says what the sources are, and
// "vulnerability" holds what is said of each vulnerability.
package main

import (
	"encoding/json"
	"log"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

type advisory struct {
	ID         string
	Package    string
	Vulnerable []string
	Patched    []string
	Severity   string
	Title      string
}

const source = "pip::GitHub Security Advisory pip"

var severities = map[string]int{"UNKNOWN": 0, "LOW": 1, "MEDIUM": 2, "HIGH": 3, "CRITICAL": 4}

func main() {
	content, err := os.ReadFile(os.Args[1])
	check(err)
	var advisories []advisory
	check(json.Unmarshal(content, &advisories))
	database, err := bolt.Open(filepath.Join(os.Args[2], "trivy.db"), 0o644, nil)
	check(err)
	check(database.Update(func(transaction *bolt.Tx) error { return fill(transaction, advisories) }))
	check(database.Close())
}

func fill(transaction *bolt.Tx, advisories []advisory) error {
	put(transaction, map[string]any{"ID": "ghsa", "Name": "GitHub Security Advisory pip", "URL": "https://github.com/advisories"}, source, "data-source")
	for _, found := range advisories {
		put(transaction, map[string]any{"VulnerableVersions": found.Vulnerable, "PatchedVersions": found.Patched}, found.ID, source, found.Package)
		put(transaction, map[string]any{
			"Title":          found.Title,
			"Severity":       found.Severity,
			"VendorSeverity": map[string]int{"ghsa": severities[found.Severity]},
		}, found.ID, "vulnerability")
	}
	return nil
}

// put writes a value under a key, in buckets inside each other.
func put(transaction *bolt.Tx, value any, key string, buckets ...string) {
	bucket, err := transaction.CreateBucketIfNotExists([]byte(buckets[0]))
	check(err)
	for _, name := range buckets[1:] {
		bucket, err = bucket.CreateBucketIfNotExists([]byte(name))
		check(err)
	}
	text, err := json.Marshal(value)
	check(err)
	check(bucket.Put([]byte(key), text))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
