package host

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"

	"github.com/signalbox-health/signalbox/plugins"
)

// Host and child speak in frames: a length of 4 bytes, little-endian, a kind of
// one byte, and a body of that length. The host asks and the child answers, one
// question at a time; the child never speaks first, except to say Hello.
type FrameKind byte

const (
	StartFrame  FrameKind = 1 // to the child: what it is for, as JSON of Start
	HelloFrame  FrameKind = 2 // from it: ready, and confined so, as JSON of Hello
	LoadFrame   FrameKind = 3 // to the child: Load as JSON after its length, then the module
	RunFrame    FrameKind = 4 // to the child: Run as JSON after its length, then the payload
	ReadyFrame  FrameKind = 5 // from it: done, and as JSON of Ready
	AnswerFrame FrameKind = 6 // from it: the payload of an answer; Ready follows
	FaultFrame  FrameKind = 7 // from it: what the plugin did, as JSON of Wrong; Ready follows
)

// Start tells a child what it is for.
type Start struct {
	// Compile lets the child compile modules and write the code into Dir. Any
	// other child may only read there.
	Compile bool
	Dir     string
	// Memory bounds the child's data, in bytes; CPU its time, in seconds.
	Memory uint64
	CPU    uint64
	// Nice is by how much it stands back for others who want a processor: 0 to 19.
	Nice int
}

// Hello is what a child says when it has shut itself in.
type Hello struct {
	Engine  string   // "wazero v1.12.0 linux/amd64"
	InForce []string // what confines it: "landlock files", "no_new_privs"
	Missing []string // what this system does not offer, with the reason
}

// Load gives a child a module.
type Load struct {
	Digest string
	Dir    string // where its compiled code is
	Pages  uint32 // memory limit
	// Restorable says that an instance can be put back to what it was before
	// its question: by its memory and these of its globals.
	Restorable bool
	Globals    []string
}

// Run asks a loaded module.
type Run struct {
	Digest string
	Limit  int // bytes of the answer
}

// Wrong says what a plugin did wrong.
type Wrong struct {
	Manner plugins.Manner
	Cause  string
}

// Ready ends every exchange.
type Ready struct {
	NotCached bool   // a module that has not been compiled for this engine
	Retire    bool   // the child has used so much time that it should be replaced
	Memory    uint64 // bytes of the instance that answered
}

// maxFrame bounds a frame: the largest module that policy may allow is 16 MiB,
// and a request for many thousand series is of that order.
const maxFrame = 64 << 20

// WriteFrame sends one frame whose body is the parts, one after another.
func WriteFrame(w *bufio.Writer, kind FrameKind, parts ...[]byte) error {
	length := 0
	for _, part := range parts {
		length += len(part)
	}
	if length > maxFrame {
		return fmt.Errorf("a frame of %d bytes; at most %d can be sent to a sandbox", length, maxFrame)
	}
	var head [5]byte
	binary.LittleEndian.PutUint32(head[:], uint32(length))
	head[4] = byte(kind)
	if _, err := w.Write(head[:]); err != nil {
		return err
	}
	for _, part := range parts {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return w.Flush()
}

// ReadFrame reads one frame of at most limit bytes into buf, which grows as
// needed, and gives its kind and its body.
func ReadFrame(r *bufio.Reader, buf []byte, limit int) (FrameKind, []byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	length := int(binary.LittleEndian.Uint32(head[:]))
	if length > limit {
		return 0, nil, fmt.Errorf("a frame of %d bytes where at most %d are allowed", length, limit)
	}
	if cap(buf) < length {
		buf = make([]byte, length)
	}
	buf = buf[:length]
	_, err := io.ReadFull(r, buf)
	return FrameKind(head[4]), buf, err
}

// headed writes a header as JSON after its length, for the start of a frame.
func headed(header any) ([]byte, error) {
	text, err := json.Marshal(header)
	if err != nil {
		return nil, err
	}
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(text))), text...), nil
}

// SplitHeader reads such a header and gives what follows it.
func SplitHeader(body []byte, header any) ([]byte, error) {
	if len(body) < 4 || uint64(binary.LittleEndian.Uint32(body)) > uint64(len(body)-4) {
		return nil, fmt.Errorf("a frame of %d bytes has no header", len(body))
	}
	end := 4 + int(binary.LittleEndian.Uint32(body))
	return body[end:], json.Unmarshal(body[4:end], header)
}
