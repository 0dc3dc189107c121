package sandbox

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
)

// frameKind is the first byte of a frame; the package comment describes each.
type frameKind byte

// Frames to the child.
const (
	frameConfine   frameKind = 'c'
	frameQuery     frameKind = 'q'
	frameBuild     frameKind = 'b'
	framePlan      frameKind = 'p'
	frameInterrupt frameKind = 'x'
)

// Frames from the child.
const (
	frameReady    frameKind = 'R'
	frameConfined frameKind = 'C'
	frameArrow    frameKind = 'A'
	frameFiles    frameKind = 'F'
	framePlanned  frameKind = 'P'
	frameEnd      frameKind = 'Z'
	frameError    frameKind = 'E'
)

func (k frameKind) String() string { return fmt.Sprintf("%q", byte(k)) }

const (
	frameHeader = 5 // kind and length
	// maxFrame bounds what either side allocates because the other said so. A frame is one batch of at most
	// 2048 rows, or small ones up to fullFrame, or one message: whoever needs more than this is not well.
	maxFrame = 256 << 20
)

// frame is one unit of the protocol.
type frame struct {
	kind    frameKind
	payload []byte
}

// writeFrame writes head and payload with one call of w, so that a small message is one system call.
func writeFrame(w io.Writer, kind frameKind, payload []byte) error {
	buffer := make([]byte, frameHeader, frameHeader+len(payload))
	return writeFilledFrame(w, kind, append(buffer, payload...))
}

// writeFilledFrame writes a frame whose payload follows frameHeader free bytes in buffer.
func writeFilledFrame(w io.Writer, kind frameKind, buffer []byte) error {
	length := len(buffer) - frameHeader
	if length > maxFrame {
		return &frameSizeError{length}
	}
	buffer[0] = byte(kind)
	binary.BigEndian.PutUint32(buffer[1:frameHeader], uint32(length))
	_, err := w.Write(buffer)
	return err
}

// frameSizeError is a frame that was not sent because it is over the limit.
type frameSizeError struct{ length int }

func (e *frameSizeError) Error() string {
	return fmt.Sprintf("a message of %d bytes is over the limit of %d between hosu and its sandbox", e.length, maxFrame)
}

// writeMessage writes a frame whose payload is message in JSON.
func writeMessage(w io.Writer, kind frameKind, message any) error {
	payload, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode a %s message: %w", kind, err)
	}
	return writeFrame(w, kind, payload)
}

// frameReader reads frames. A read that a deadline cut short is continued by the next call of next.
type frameReader struct {
	r       io.Reader
	memory  *recycler // of payloads; nil makes new memory
	head    [frameHeader]byte
	headLen int
	payload []byte // nil until head is complete
	filled  int    // of payload
}

// next reads one frame. The payload is the caller's: nothing else refers to it until it is given back to memory.
func (r *frameReader) next() (frame, error) {
	if r.payload == nil {
		n, err := io.ReadFull(r.r, r.head[r.headLen:])
		r.headLen += n
		if err != nil {
			return frame{}, err
		}
		length := binary.BigEndian.Uint32(r.head[1:])
		if length > maxFrame {
			return frame{}, &frameSizeError{int(length)}
		}
		r.payload = r.memory.lend(int(length))
	}
	n, err := io.ReadFull(r.r, r.payload[r.filled:])
	r.filled += n
	if err != nil {
		return frame{}, err
	}
	f := frame{kind: frameKind(r.head[0]), payload: r.payload}
	r.headLen, r.payload, r.filled = 0, nil, 0
	return f, nil
}

// decode reads the JSON payload of f into message.
func (f frame) decode(message any) error {
	if err := json.Unmarshal(f.payload, message); err != nil {
		return fmt.Errorf("decode a %s message: %w", f.kind, err)
	}
	return nil
}
