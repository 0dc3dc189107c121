package files

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// encodingNames are spellings that people use and the WHATWG index lacks.
var encodingNames = map[string]string{
	"cp949": "euc-kr", "ms949": "euc-kr", "uhc": "euc-kr", "euckr": "euc-kr",
	"cp932": "shift_jis", "ms932": "shift_jis", "sjis": "shift_jis", "shiftjis": "shift_jis",
	"cp936": "gbk", "cp950": "big5", "eucjp": "euc-jp", "utf16": "utf-16", "utf8": "utf-8",
	"utf-16-le": "utf-16le", "utf-16-be": "utf-16be",
}

// decoderOf returns the encoding of a name; nil for UTF-8.
func decoderOf(name string) (encoding.Encoding, error) {
	name = strings.ToLower(strings.TrimSpace(name))
	if other, ok := encodingNames[strings.ReplaceAll(name, "_", "-")]; ok {
		name = other
	} else if number, ok := strings.CutPrefix(name, "cp125"); ok {
		name = "windows-125" + number
	}
	switch name {
	case "", "utf-8":
		return nil, nil
	case "utf-16", "utf-16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), nil
	case "utf-16be":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM), nil
	}
	e, err := htmlindex.Get(name)
	if err != nil {
		return nil, fmt.Errorf("unknown encoding %q: use a name such as utf-8, cp949, euc-kr, shift_jis, utf-16, windows-1252", name)
	}
	return e, nil
}

// content opens a file's bytes, decompressed.
func (f *file) content() (io.ReadCloser, error) {
	return openContent(f.read, strings.HasSuffix(strings.ToLower(f.read), ".gz"))
}

type closers struct {
	io.Reader
	close func() error
}

func (c closers) Close() error { return c.close() }

func openContent(path string, compressed bool) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if !compressed {
		return f, nil
	}
	z, err := gzip.NewReader(bufio.NewReaderSize(f, 1<<18))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s does not hold gzip data, as its name says: %w", path, err), f.Close())
	}
	return closers{z, func() error { return errors.Join(z.Close(), f.Close()) }}, nil
}

// toUTF8 makes a file readable as UTF-8: one in another encoding, or one that a byte order mark shows to be UTF-16, is
// copied to dir. It reports whether the file has any content.
func (f *file) toUTF8(ctx context.Context, name, dir string) (hasContent bool, err error) {
	in, err := f.content()
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	buffered := bufio.NewReaderSize(in, 1<<18)
	start, err := buffered.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("read %s: %w", f.Name, err)
	}
	if len(start) == 0 {
		return false, nil
	}
	decoder, err := decoderOf(name)
	if err != nil {
		return true, err
	}
	if decoder == nil {
		if !bytes.Equal(start, []byte{0xFF, 0xFE}) && !bytes.Equal(start, []byte{0xFE, 0xFF}) {
			return true, nil
		}
		decoder, name = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "utf-16"
	}
	out, err := os.CreateTemp(dir, "hosu-utf8-*.txt")
	if err != nil {
		return true, fmt.Errorf("make a copy of %s in UTF-8: %w", f.Name, err)
	}
	f.read = out.Name()
	check := &checker{ctx: ctx, w: out}
	_, err = io.Copy(check, transform.NewReader(buffered, decoder.NewDecoder()))
	if errors.Is(err, errUndecodable) {
		err = fmt.Errorf("%s line %d: bytes that are no %s text; set encoding: to what the file is written in, or repair the line", f.Name, check.line+1, name)
	} else if err != nil {
		err = fmt.Errorf("make a copy of %s in UTF-8: %w", f.Name, err)
	}
	return true, errors.Join(err, out.Close())
}

// discard removes the copy that toUTF8 made.
func (f *file) discard() {
	if f.read != f.path {
		_ = os.Remove(f.read) // a file in the folder for temporary files
		f.read = f.path
	}
}

var errUndecodable = errors.New("undecodable bytes")

// replacement is what decoders put in place of bytes that they cannot read. No text was ever meant to have it.
var replacement = []byte("\uFFFD")

// checker passes on decoded text until it finds a replacement, and counts lines.
type checker struct {
	ctx  context.Context
	w    io.Writer
	line int
	tail []byte // of the last piece, in which a replacement may have begun
}

func (c *checker) Write(p []byte) (int, error) {
	if err := context.Cause(c.ctx); err != nil {
		return 0, err
	}
	joined := append(slices.Clip(c.tail), p[:min(len(p), len(replacement)-1)]...)
	if at := bytes.Index(p, replacement); at >= 0 {
		c.line += bytes.Count(p[:at], []byte{'\n'})
		return 0, errUndecodable
	} else if bytes.Contains(joined, replacement) {
		return 0, errUndecodable
	}
	c.line += bytes.Count(p, []byte{'\n'})
	c.tail = joined
	if len(p) >= len(replacement)-1 {
		c.tail = slices.Clone(p[len(p)-len(replacement)+1:])
	}
	return c.w.Write(p)
}
