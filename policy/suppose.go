package policy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/storage"
)

// Suppose answers a request as it would be answered if some agreements were
// others than they are; nil stands for one that is taken away. It is for telling
// people what an agreement would do. What it gives can become no Grant, and
// nobody else's answer is touched.
func (e *Engine) Suppose(ctx context.Context, r Request, agreements map[AgreementKey]*Agreement) (Decision, error) {
	if r.Now == 0 {
		r.Now = e.now().Unix()
	}
	ctx, cancel := context.WithTimeout(ctx, e.deadline)
	defer cancel()
	supposed := *e.live.Load() // its rules and its data, and a transaction that never ends well
	txn, err := supposed.store.NewTransaction(ctx, storage.WriteParams)
	if err != nil {
		return Decision{Request: r}, fmt.Errorf("suppose agreements: %w: %w", ErrUnavailable, err)
	}
	defer supposed.store.Abort(ctx, txn)
	for key, agreement := range agreements {
		if err := supposed.agree(ctx, txn, key, agreement); err != nil {
			return Decision{Request: r}, fmt.Errorf("suppose the agreement %s: %w", key, err)
		}
	}
	supposed.txn, supposed.dataRevision = txn, "supposed"
	d, err := supposed.decide(ctx, r)
	if err != nil {
		return Decision{Request: r}, fmt.Errorf("suppose %s of %s at %s: %w", r.Action, r.Resource.Dataset, r.Resource.ODS, err)
	}
	return d, nil
}

// agree writes one agreement, in a transaction.
func (l *live) agree(ctx context.Context, txn storage.Transaction, key AgreementKey, agreement *Agreement) error {
	if strings.Count(string(key), "|") != 2 {
		return errors.New("it is not named owner|partner|dataset")
	}
	path := storage.Path{"reference", "agreements", string(key)}
	if agreement == nil {
		err := l.store.Write(ctx, txn, storage.RemoveOp, path, nil)
		if storage.IsNotFound(err) {
			return nil
		}
		return err
	}
	whole := ReferenceData{Agreements: map[AgreementKey]Agreement{key: *agreement}}.complete()
	text, err := json.Marshal(whole.Agreements[key])
	if err != nil {
		return err
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return err
	}
	return l.store.Write(ctx, txn, storage.AddOp, path, value)
}
