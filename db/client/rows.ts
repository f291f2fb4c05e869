// All rows of a database as lines of text, table by table, and back into another database of the same schema, whichever engine
// either has. Values are written and read by the database alone: nothing is rounded on its way through JavaScript.
import type { Tx } from "./database.ts";

export interface Column {
  readonly name: string;
  readonly type: string;
  /** The database numbers its rows by it. */
  readonly identity: boolean;
}

export interface Table {
  readonly name: string;
  readonly columns: ReadonlyArray<Column>;
}

/** Rows that are read at once, and characters that are written in one statement. */
const batchRows = 500;
const batchChars = 1_000_000;

/** What the migrations keep for themselves, the table whose rows they make, and the one that the database fills as rows come. */
const ledger = "schema_migration";
const seeded = "cell";
const counted = "asset_usage";

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const namesOf = (table: Table): string => table.columns.map(({ name }) => quoted(name)).join(", ");
/** JSON within JSON would lose how it was written, and whether it was `null` or nothing. */
const isJson = ({ type }: Column): boolean => type === "json" || type === "jsonb";

/** The tables whose rows are written by hand, each after those that its rows refer to. */
export const tablesOf = async (tx: Tx): Promise<ReadonlyArray<Table>> => {
  const columns = await tx<Array<Column & { readonly table: string }>>`
    select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type, a.attidentity <> '' as identity
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace and c.relname not in (${ledger}, ${counted})
      and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    order by c.relname, a.attnum`;
  const references = await tx<Array<{ child: string; parent: string }>>`
    select child.relname as child, parent.relname as parent from pg_constraint k
    join pg_class child on child.oid = k.conrelid join pg_class parent on parent.oid = k.confrelid
    where k.contype = 'f' and k.conrelid <> k.confrelid and child.relnamespace = current_schema()::regnamespace`;
  const byName = new Map<string, Array<Column>>();
  for (const { table, ...column } of columns) byName.set(table, [...(byName.get(table) ?? []), column]);
  const ordered = new Map<string, Table>();
  const add = (name: string): void => {
    if (ordered.has(name)) return;
    for (const { child, parent } of references) if (child === name) add(parent);
    ordered.set(name, { name, columns: byName.get(name) ?? [] });
  };
  for (const name of byName.keys()) add(name);
  return [...ordered.values()];
};

/** The rows of a table, each a line of JSON, some at a time. */
export async function* linesOf(tx: Tx, table: Table): AsyncGenerator<ReadonlyArray<string>> {
  const values = table.columns.map((column) => (isJson(column) ? `${quoted(column.name)}::text` : quoted(column.name))).join(", ");
  const rows = tx<Array<{ line: string }>>`
    select row_to_json(r)::text as line from (select ${tx.unsafe(values)} from ${tx(table.name)}) r`;
  for await (const some of rows.cursor(batchRows)) yield some.map(({ line }) => line);
}

/** Puts rows in place of those that the migrations made. Answers how many. */
export const insertLines = async (tx: Tx, table: Table, lines: AsyncIterable<string>): Promise<number> => {
  const read = table.columns.map((column) => `${quoted(column.name)} ${isJson(column) ? "text" : column.type}`).join(", ");
  const values = table.columns
    .map((column) => (isJson(column) ? `${quoted(column.name)}::${column.type}` : quoted(column.name)))
    .join(", ");
  const insert = (json: string) => tx`
    insert into ${tx(table.name)} (${tx.unsafe(namesOf(table))}) overriding system value
    select ${tx.unsafe(values)} from json_to_recordset(${json}::text::json) as r(${tx.unsafe(read)})`;
  if (table.name === seeded) await tx`delete from ${tx(seeded)}`;
  let count = 0;
  let batch: Array<string> = [];
  let chars = 0;
  for await (const line of lines) {
    batch.push(line);
    count++;
    chars += line.length;
    if (chars < batchChars) continue;
    await insert(`[${batch.join(",")}]`);
    batch = [];
    chars = 0;
  }
  if (batch.length > 0) await insert(`[${batch.join(",")}]`);
  for (const { name } of table.columns.filter(({ identity }) => identity)) {
    await tx`
      select setval(pg_get_serial_sequence(${quoted(table.name)}, ${name}), coalesce(max(${tx(name)}), 0) + 1, false) from ${tx(table.name)}`;
  }
  return count;
};

/** Whether nobody has ever used this database. */
export const isUnused = async (tx: Tx): Promise<boolean> => {
  for (const { name } of await tablesOf(tx)) {
    if (name === seeded) continue;
    const [row] = await tx<Array<{ used: boolean }>>`select exists(select 1 from ${tx(name)}) as used`;
    if (row?.used === true) return false;
  }
  return true;
};
