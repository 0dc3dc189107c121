// Package storage keeps the objects behind Iceberg locations: metadata,
// manifests and data files.
//
// A location is a URI such as "file:///srv/lake/shop/orders-1f3a/data/0001.parquet".
// Objects are written whole or not at all: whoever lists or opens a location
// sees a complete, flushed object or none. Iceberg never rewrites an object
// under the same name, so nothing here locks.
//
// [Open] gives the [Store] of a warehouse. A store is confined to its
// warehouse: a location outside it is refused, so a table's metadata, which an
// outside engine may have written, cannot make hosu read other files of the
// machine. Every implementation passes the suite in storage/storagetest, which
// also has a wrapper that injects faults.
package storage
