package candidate

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// Parent and child speak in frames: a length of 4 bytes, little-endian, and that
// many bytes of JSON. The parent sends a limits frame, a task, for an impact the
// recorded questions, and an empty frame. The child sends news of each stage, the
// last of which is Done.
const (
	maxTask   = 128 << 20 // reference data with some hundred thousand agreements
	maxNews   = 16 << 20
	maxLimits = 1 << 10
)

// limits is what a child holds itself to before it reads anything else.
type limits struct {
	Memory  uint64 // bytes of data
	Seconds uint64 // of processor time
}

type taskKind string

const (
	checkTask  taskKind = "check"
	impactTask taskKind = "impact"
)

// task is what a child is asked to do.
type task struct {
	Kind      taskKind
	Owner     measures.ODSCode
	Draft     []policy.Module
	Live      policy.Policy // of an impact
	Reference policy.ReferenceData
	Now       int64   // of generated questions, in seconds since 1970; 0 means the clock
	Seconds   float64 // after which the child is killed
}

// question is a recorded decision, as far as it is asked again. Its id is apart
// from the input, so that equal questions have equal bytes.
type question struct {
	ID    string
	Input json.RawMessage
}

// stage is what a child is doing.
type stage string

const (
	reading   stage = "reading"
	compiling stage = "compiling"
	testRuns  stage = "testing"
	comparing stage = "comparing"
)

// news is what a child has found so far.
type news struct {
	Stage   stage
	Done    bool
	Report  *Report
	Impact  *Impact
	Failure string // why there is no impact
}

func writeFrame(w io.Writer, value any) error {
	var body []byte
	if value != nil {
		var err error
		if body, err = json.Marshal(value); err != nil {
			return err
		}
	}
	var head [4]byte
	binary.LittleEndian.PutUint32(head[:], uint32(len(body)))
	if _, err := w.Write(head[:]); err != nil {
		return err
	}
	_, err := w.Write(body)
	return err
}

// readFrame gives the body of the next frame. What is announced and does not
// come takes no memory.
func readFrame(r io.Reader, most int) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint32(head[:]))
	if n > int64(most) {
		return nil, fmt.Errorf("a frame of %d bytes; the most is %d", n, most)
	}
	var body bytes.Buffer
	if _, err := io.CopyN(&body, r, n); err != nil {
		return nil, fmt.Errorf("a frame of %d bytes: %w", n, err)
	}
	return body.Bytes(), nil
}

// decode reads one frame into a value, strictly.
func decode(r io.Reader, most int, into any) error {
	body, err := readFrame(r, most)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if decoder.More() {
		return fmt.Errorf("more than one value in a frame")
	}
	return nil
}

// decodeTask reads what a child is to do.
func decodeTask(r io.Reader) (task, error) {
	var t task
	if err := decode(r, maxTask, &t); err != nil {
		return t, fmt.Errorf("read the task: %w", err)
	}
	if t.Kind != checkTask && t.Kind != impactTask {
		return t, fmt.Errorf("task %q; there are %s and %s", t.Kind, checkTask, impactTask)
	}
	if t.Seconds <= 0 || t.Seconds > 3600 {
		return t, fmt.Errorf("task of %v seconds; the most is an hour", t.Seconds)
	}
	return t, nil
}

// decodeQuestions reads recorded questions, up to the empty frame.
func decodeQuestions(r io.Reader, each func([]question) error) error {
	for {
		body, err := readFrame(r, maxTask)
		if err != nil {
			return fmt.Errorf("read recorded questions: %w", err)
		}
		if len(body) == 0 {
			return nil
		}
		var batch []question
		if err := json.Unmarshal(body, &batch); err != nil {
			return fmt.Errorf("read recorded questions: %w", err)
		}
		if err := each(batch); err != nil {
			return err
		}
	}
}
