package host_test

import (
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
)

func TestThePluginOfTheLibraryGivesTheChartThatPackageSpcGives(t *testing.T) {
	h := newHost(t, nil)
	inForce, missing := h.Confinement()
	t.Logf("confined by %q; missing %q", inForce, missing)
	release := install(t, h, built(t, spcFolder))
	for _, entry := range []string{"xmr", "mr", "run"} {
		q := request(entry, 3, 36)
		charts, err := h.Run(within(t, 10*time.Second), release.Digest, q)
		if err != nil {
			t.Fatal(err)
		}
		if err := plugins.Verify(release, &q, charts); err != nil {
			t.Error(err)
		}
		if len(charts) != 3 || charts[2].Series != 2 || charts[0].Len() != 36 {
			t.Errorf("%s gave %d charts", entry, len(charts))
		}
	}
}
