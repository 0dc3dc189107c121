package demo

import (
	"bufio"
	"encoding/hex"
	"os"
	"strconv"
	"time"

	"github.com/klauspost/compress/gzip"
)

// eventTime is UTC with milliseconds, as app SDKs send it.
const eventTime = "2006-01-02T15:04:05.000Z"

// writeEvents writes one JSON object a line. The file appears under its name only when it is whole.
func writeEvents(path string, events []event) (err error) {
	partial := path + ".partial"
	file, err := os.Create(partial)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			file.Close()
			os.Remove(partial)
		}
	}()
	zipped, err := gzip.NewWriterLevel(file, gzip.BestSpeed)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(zipped, 1<<20)
	var line []byte
	for i := range events {
		line = appendEvent(line[:0], &events[i])
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if err := zipped.Close(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(partial, path)
}

// appendEvent spells the JSON out: every value is a number or comes from a fixed vocabulary, so nothing needs escaping.
func appendEvent(b []byte, e *event) []byte {
	b = append(b, `{"event_id":"`...)
	b = appendHex(b, e.id)
	b = append(b, `","ts":"`...)
	b = e.ts.UTC().AppendFormat(b, eventTime)
	b = append(b, `","type":"`...)
	b = append(b, e.kind...)
	b = append(b, `","user_id":`...)
	b = appendID(b, int64(e.userID))
	b = append(b, `,"session_id":"`...)
	b = appendHex(b, e.session)
	b = append(b, `","product_id":`...)
	b = appendID(b, int64(e.productID))
	b = append(b, `,"order_id":`...)
	b = appendID(b, e.orderID)
	b = append(b, `,"platform":"`...)
	b = append(b, e.platform...)
	b = append(b, `","service":"`...)
	b = append(b, e.service...)
	b = append(b, `","app_version":"`...)
	b = append(b, e.version...)
	return append(b, "\"}\n"...)
}

func appendID(b []byte, id int64) []byte {
	if id == 0 {
		return append(b, "null"...)
	}
	return strconv.AppendInt(b, id, 10)
}

func appendHex(b []byte, n uint64) []byte {
	var raw [8]byte
	for i := range raw {
		raw[i] = byte(n >> (56 - 8*i))
	}
	return hex.AppendEncode(b, raw[:])
}

// sqlTime spells a time with its zone, as both databases read it.
func sqlTime(t time.Time) string { return t.Format("2006-01-02 15:04:05.000-07:00") }
