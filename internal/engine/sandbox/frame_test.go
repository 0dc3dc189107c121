package sandbox

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// TestFrames sends frames through a reader that times out after every byte: nothing is lost.
func TestFrames(t *testing.T) {
	t.Parallel()
	want := []frame{{frameQuery, []byte(`{"SQL": "select 1"}`)}, {frameInterrupt, nil}, {frameArrow, bytes.Repeat([]byte("x"), 5000)}}
	var wire bytes.Buffer
	for _, f := range want {
		if err := writeFrame(&wire, f.kind, f.payload); err != nil {
			t.Fatal(err)
		}
	}
	reader := frameReader{r: &stutter{r: iotest.OneByteReader(&wire)}}
	for _, f := range want {
		got, err := reader.next()
		for errors.Is(err, errStutter) {
			got, err = reader.next()
		}
		if err != nil || got.kind != f.kind || !bytes.Equal(got.payload, f.payload) {
			t.Fatalf("got %s with %d bytes (%v), want %s with %d", got.kind, len(got.payload), err, f.kind, len(f.payload))
		}
	}
	_, err := reader.next()
	for errors.Is(err, errStutter) {
		_, err = reader.next()
	}
	if !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

var errStutter = errors.New("deadline")

// stutter fails every second read, as a deadline does.
type stutter struct {
	r    io.Reader
	fail bool
}

func (s *stutter) Read(p []byte) (int, error) {
	s.fail = !s.fail
	if s.fail {
		return 0, errStutter
	}
	return s.r.Read(p)
}

// TestFrameSize checks both ways that nobody allocates what the other side claims.
func TestFrameSize(t *testing.T) {
	t.Parallel()
	var size *frameSizeError
	if err := writeFilledFrame(io.Discard, frameArrow, make([]byte, frameHeader+maxFrame+1)); !errors.As(err, &size) {
		t.Errorf("writing: %v", err)
	}
	reader := frameReader{r: strings.NewReader("A\xff\xff\xff\xff")}
	if _, err := reader.next(); !errors.As(err, &size) {
		t.Errorf("reading: %v", err)
	}
}

// TestMessages checks the layout of Arrow messages, and that nonsense is refused and nothing worse.
func TestMessages(t *testing.T) {
	t.Parallel()
	schema := arrow.NewSchema([]arrow.Field{{Name: "s", Type: arrow.BinaryTypes.String}}, nil)
	builder := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	builder.Field(0).(*array.StringBuilder).AppendValues([]string{"a", "", "호수"}, nil)
	batch := builder.NewRecordBatch()
	defer batch.Release()
	payload, err := ipc.GetRecordBatchPayload(batch)
	if err != nil {
		t.Fatal(err)
	}
	defer payload.Release()
	var data bytes.Buffer
	const messages = 3
	for range messages {
		if err := appendMessage(&data, payload); err != nil {
			t.Fatal(err)
		}
	}
	frame := memory.NewBufferBytes(data.Bytes())
	offset := 0
	for range messages {
		message, length, err := sliceMessage(frame, offset)
		if err != nil || message.Type() != ipc.MessageRecordBatch || message.BodyLen()%8 != 0 || length != data.Len()/messages {
			t.Fatalf("at %d: %v, %d bytes, %v", offset, message, length, err)
		}
		offset += length
	}
	if offset != data.Len() {
		t.Errorf("the messages end at %d of %d bytes", offset, data.Len())
	}
	for cut := range data.Len() / messages {
		if _, _, err := sliceMessage(memory.NewBufferBytes(data.Bytes()[:cut]), 0); !errors.Is(err, errMalformed) {
			t.Errorf("cut to %d of %d bytes: %v", cut, data.Len(), err)
		}
	}
	for _, nonsense := range []string{"", strings.Repeat("\x00", 8), strings.Repeat("\xff", 8), "\x00\x00\x00\x10\x00\x00\x00\x00" + strings.Repeat("\xff", 200)} {
		if _, _, err := sliceMessage(memory.NewBufferBytes([]byte(nonsense)), 0); !errors.Is(err, errMalformed) {
			t.Errorf("%q: %v", nonsense, err)
		}
	}
}
