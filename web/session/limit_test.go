package session

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestTriesAreHeldDownByAddressAndComeBackWithTime(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	l := newLimit(20*time.Second, 3, 100, func() time.Time { return now })
	for n := range 3 {
		if _, ok := l.take("a"); !ok {
			t.Fatalf("try %d is refused", n+1)
		}
	}
	wait, ok := l.take("a")
	if ok || wait <= 19*time.Second || wait > 20*time.Second {
		t.Errorf("the fourth: %v after %v", ok, wait)
	}
	if wait, ok := l.open("a"); ok || wait > 20*time.Second {
		t.Errorf("open: %v after %v", ok, wait)
	}
	if _, ok := l.take("b"); !ok {
		t.Error("another address is held down too")
	}
	now = now.Add(20 * time.Second)
	if _, ok := l.open("a"); !ok {
		t.Error("it does not open again")
	}
	if _, ok := l.take("a"); !ok {
		t.Error("it does not come back")
	}
}

func TestManyAddressesTakeNoMoreMemoryThanWasSet(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	l := newLimit(time.Minute, 2, 50, func() time.Time { return now })
	refused := 0
	for n := range 10_000 {
		if _, ok := l.take(fmt.Sprint("address ", n)); !ok {
			refused++
		}
	}
	if len(l.keys) > 50 {
		t.Errorf("%d addresses are remembered", len(l.keys))
	}
	if refused < 9_000 {
		t.Errorf("%d of 10,000 tries from ever new addresses were refused: a flood is not held down", refused)
	}
	now = now.Add(time.Hour)
	if _, ok := l.take("later"); !ok || len(l.keys) > 50 {
		t.Errorf("an hour later: %v, %d remembered", ok, len(l.keys))
	}
}

func TestAddressOfAReader(t *testing.T) {
	for _, test := range []struct {
		remote, forwarded string
		proxy             bool
		want              string
	}{
		{"192.0.2.1:1234", "", false, "192.0.2.1"},
		{"192.0.2.1:1234", "198.51.100.9", false, "192.0.2.1"}, // anybody may write the header
		{"127.0.0.1:1", "203.0.113.5, 198.51.100.9", true, "198.51.100.9"},
		{"127.0.0.1:1", "", true, "127.0.0.1"},
		{"[2001:db8:1:2:3:4:5:6]:9", "", false, "2001:db8:1:2::"},
		{"[2001:db8:1:2:ffff::1]:9", "", false, "2001:db8:1:2::"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = test.remote
		if test.forwarded != "" {
			r.Header.Set("X-Forwarded-For", test.forwarded)
		}
		if got := (&Sessions{behindProxy: test.proxy}).address(r); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}

func TestCookieOfAnHTTPSSiteIsBoundToItsHost(t *testing.T) {
	for origin, name := range map[string]string{"https://signalbox.example": "__Host-signalbox", "http://localhost:8080": "signalbox"} {
		s, err := New(Options{Origin: origin, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		c := s.manager.Cookie
		if c.Name != name || c.Secure != (name != "signalbox") || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("%s: %+v", origin, c)
		}
	}
	for _, origin := range []string{"http://192.0.2.1:8080", "https://192.0.2.1", "http://[::1]:8080", "http://signalbox.example", ""} {
		if _, err := New(Options{Origin: origin, Now: time.Now}); err == nil {
			t.Errorf("passkeys for %q were offered", origin)
		}
	}
}

func BenchmarkLimit(b *testing.B) {
	l := newLimit(time.Millisecond, 60, 20_000, time.Now)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		l.take("address")
	}
}
