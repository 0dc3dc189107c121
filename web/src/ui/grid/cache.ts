import type { GridSource } from "./source";

/** Rows and columns of one request: enough that scrolling seldom waits, few enough that it never stutters. */
const tileRows = 128;
const tileColumns = 32;
/** Tiles that are kept: some 250,000 values. */
const most = 64;

type Tile = { rows: (string | null)[][] | undefined; used: number };

/**
 * The values that a grid has read, in tiles. A tile that is not there is asked for, and `changed` is called when it has
 * come; until then its values are undefined.
 */
export class TileCache {
  readonly #source: GridSource;
  readonly #changed: () => void;
  readonly #tiles = new Map<string, Tile>();
  /** Counts the uses, to know which tile was used least lately. */
  #uses = 0;
  #version: number;
  #rows: number;
  #stopped = false;

  constructor(source: GridSource, changed: () => void) {
    this.#source = source;
    this.#changed = changed;
    const { version, rows } = source.getSnapshot();
    this.#version = version;
    this.#rows = rows;
  }

  /** Forgets what is out of date: everything after sorting, the last rows when more have come. */
  refresh(): void {
    const { version, rows } = this.#source.getSnapshot();
    if (version !== this.#version) this.#tiles.clear();
    else if (rows !== this.#rows) {
      const last = Math.floor(Math.max(0, this.#rows - 1) / tileRows);
      for (const key of this.#tiles.keys()) if (Number(key.slice(0, key.indexOf(" "))) >= last) this.#tiles.delete(key);
    }
    this.#version = version;
    this.#rows = rows;
  }

  /** The text of a value, null for NULL; undefined while it is not known. */
  get(row: number, column: number): string | null | undefined {
    const tile = this.#tile(Math.floor(row / tileRows), Math.floor(column / tileColumns));
    return tile.rows?.[row % tileRows]?.[column % tileColumns];
  }

  stop(): void {
    this.#stopped = true;
  }

  #tile(down: number, across: number): Tile {
    const key = `${down} ${across}`;
    let tile = this.#tiles.get(key);
    if (tile === undefined) {
      tile = { rows: undefined, used: 0 };
      this.#tiles.set(key, tile);
      void this.#load(key, tile, down, across);
      this.#trim();
    }
    tile.used = ++this.#uses;
    return tile;
  }

  async #load(key: string, tile: Tile, down: number, across: number): Promise<void> {
    const range = { from: down * tileRows, to: (down + 1) * tileRows, left: across * tileColumns, right: (across + 1) * tileColumns };
    try {
      const rows = await this.#source.window(range);
      if (this.#stopped || this.#tiles.get(key) !== tile) return;
      tile.rows = rows;
      this.#changed();
    } catch {
      // The source is gone, or will be asked again when the tile is seen again.
      if (this.#tiles.get(key) === tile) this.#tiles.delete(key);
    }
  }

  #trim(): void {
    if (this.#tiles.size <= most) return;
    let oldest: string | undefined;
    let least = Infinity;
    for (const [key, { used, rows }] of this.#tiles) {
      if (rows !== undefined && used < least) [oldest, least] = [key, used];
    }
    if (oldest !== undefined) this.#tiles.delete(oldest);
  }
}
