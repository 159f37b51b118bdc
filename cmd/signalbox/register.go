package main

import (
	"context"
	"slices"
	"sync"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
)

// register is the register of organisations as it was when the program last
// looked. Every page names organisations, and they change a few times a year:
// asking each time took a third of the time of the page of all trusts.
type register struct {
	*postgres.DB
	one   memory[describedOn, measures.Organisation]
	kinds memory[measures.OrganisationKind, []measures.Organisation]
	names memory[measures.ODSCode, string]
}

type describedOn struct {
	code measures.ODSCode
	on   measures.Date
}

// forget makes the register look again.
func (r *register) forget() {
	r.one.forget()
	r.kinds.forget()
	r.names.forget()
}

func (r *register) Organisation(ctx context.Context, code measures.ODSCode, on measures.Date) (measures.Organisation, error) {
	return r.one.get(describedOn{code, on}, func() (measures.Organisation, error) { return r.DB.Organisation(ctx, code, on) })
}

func (r *register) Organisations(ctx context.Context, kind measures.OrganisationKind) ([]measures.Organisation, error) {
	list, err := r.kinds.get(kind, func() ([]measures.Organisation, error) { return r.DB.Organisations(ctx, kind) })
	return slices.Clone(list), err // whoever asked may sort it
}

func (r *register) OrganisationName(ctx context.Context, code measures.ODSCode) (string, error) {
	return r.names.get(code, func() (string, error) { return r.DB.OrganisationName(ctx, code) })
}

// memory keeps answers until it is told to forget them. Errors are not kept.
type memory[K comparable, V any] struct {
	mu      sync.Mutex
	answers map[K]V
	age     int // how often it has forgotten
}

func (m *memory[K, V]) get(key K, ask func() (V, error)) (V, error) {
	m.mu.Lock()
	answer, known := m.answers[key]
	age := m.age
	m.mu.Unlock()
	if known {
		return answer, nil
	}
	answer, err := ask()
	if err != nil {
		return answer, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.age == age { // else it may be what was to be forgotten
		if m.answers == nil {
			m.answers = map[K]V{}
		}
		m.answers[key] = answer
	}
	return answer, nil
}

func (m *memory[K, V]) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answers, m.age = nil, m.age+1
}
