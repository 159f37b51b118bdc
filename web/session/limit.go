package session

import (
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limit holds down how often one address, or one account, may try something. A
// whole hospital may sit behind one address, so what people do rightly is allowed
// often, and only failures are counted strictly.
type limit struct {
	every rate.Limit
	burst int
	most  int // keys that are remembered
	now   func() time.Time

	mu   sync.Mutex
	keys map[string]*rate.Limiter
	// rest is shared by all keys that came when memory was full of others that
	// are being held down: an attack from many addresses.
	rest *rate.Limiter
}

func newLimit(every time.Duration, burst, most int, now func() time.Time) *limit {
	return &limit{every: rate.Every(every), burst: burst, most: most, now: now,
		keys: map[string]*rate.Limiter{}, rest: rate.NewLimiter(rate.Every(every), burst)}
}

// take counts one try. Where there were too many it says how long to wait.
func (l *limit) take(key string) (wait time.Duration, ok bool) {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	reservation := l.of(key, now).ReserveN(now, 1)
	if wait = reservation.DelayFrom(now); wait > 0 {
		reservation.CancelAt(now)
		return wait, false
	}
	return 0, true
}

// open reports whether a key may try, without counting.
func (l *limit) open(key string) (wait time.Duration, ok bool) {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.keys[key]
	if known == nil || known.TokensAt(now) >= 1 {
		return 0, true
	}
	return time.Duration((1 - known.TokensAt(now)) / float64(l.every) * float64(time.Second)), false
}

func (l *limit) of(key string, now time.Time) *rate.Limiter {
	if known := l.keys[key]; known != nil {
		return known
	}
	if len(l.keys) >= l.most {
		for old, known := range l.keys {
			if known.TokensAt(now) >= float64(l.burst) { // as good as forgotten
				delete(l.keys, old)
			}
		}
	}
	if len(l.keys) >= l.most {
		return l.rest
	}
	l.keys[key] = rate.NewLimiter(l.every, l.burst)
	return l.keys[key]
}

// address is where a request comes from. Behind a proxy it is the last address
// that the proxy wrote down: what stands before it anybody may have written.
func (s *Sessions) address(r *http.Request) string {
	if s.behindProxy {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if last := strings.TrimSpace(hops[len(hops)-1]); last != "" {
			return network(last)
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return network(host)
}

// network is the part of an address that one household or trust has to itself:
// in IPv6 the first 64 bits, since anybody may have all that follow.
func network(host string) string {
	ip := net.ParseIP(host)
	if ip == nil || ip.To4() != nil {
		return host
	}
	return ip.Mask(net.CIDRMask(64, 128)).String()
}
