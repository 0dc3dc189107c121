package render

import (
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Values are rows as one JSON array of arrays, in column order, with values as [Write] spells them in JSON.
type Values struct {
	JSON []byte
	Rows int
	// More says that the result goes on behind the rows.
	More bool
}

// ReadValues reads rows of reader, at most as many as given (0: all), and leaves releasing the reader to the caller.
func ReadValues(reader array.RecordReader, most int) (Values, error) {
	v := Values{JSON: []byte{'['}}
	for !v.More && reader.Next() {
		batch := reader.RecordBatch()
		appendRow := JSONRow(batch)
		for row := range int(batch.NumRows()) {
			if v.More = most > 0 && v.Rows == most; v.More {
				break
			}
			if v.Rows > 0 {
				v.JSON = append(v.JSON, ',')
			}
			v.JSON = appendRow(v.JSON, row)
			v.Rows++
		}
	}
	v.JSON = append(v.JSON, ']')
	return v, reader.Err()
}
