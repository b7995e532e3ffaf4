import type { CompiledQuery, Kysely, QueryExecutor } from "kysely";
import type { Schema } from "./schema.ts";
import { DirectAdapter } from "./sqlite/direct-dialect.ts";

/** Stands for a value in a query that is compiled before the value is known. */
class Slot {
  readonly name: PropertyKey;

  constructor(name: PropertyKey) {
    this.name = name;
  }
}

interface CompilableQuery<Row> {
  compile(): CompiledQuery<Row>;
}

/** Names the place of a value in a query of {@link defineQuery}. */
export type SlotOf<Values> = <Name extends keyof Values>(name: Name) => Values[Name];

/**
 * Describes a query that is compiled once for each kind of database and returns a function that runs it with values, in a
 * transaction too: building a query costs several times what SQLite needs to answer it, and so does handing a read
 * through kysely, which is left out where it can be. In `build`, `slot("name")` stands where the value goes; use it
 * as one plain value.
 *
 * ```ts
 * const findToken = defineQuery((db, slot: SlotOf<{ hash: string }>) =>
 *   db.selectFrom("tokens").selectAll().where("secret_hash", "=", slot("hash")));
 * const [token] = await findToken(db.read, { hash });
 * ```
 */
export function defineQuery<Values extends object, Row>(
  build: (db: Kysely<Schema>, slot: SlotOf<Values>) => CompilableQuery<Row>,
): (db: Kysely<Schema>, values: Values) => Promise<Row[]> {
  const slot: SlotOf<Values> = (name) => new Slot(name) as unknown as Values[typeof name];
  const compiledFor = new WeakMap<QueryExecutor["adapter"], CompiledQuery<Row>>();
  return async (db, values) => {
    const { adapter } = db.getExecutor();
    let compiled = compiledFor.get(adapter);
    if (compiled === undefined) {
      compiled = build(db, slot).compile();
      compiledFor.set(adapter, compiled);
    }
    const parameters = compiled.parameters.map((parameter) =>
      parameter instanceof Slot ? values[parameter.name as keyof Values] : parameter,
    );
    if (adapter instanceof DirectAdapter) return adapter.run(compiled, parameters);
    const result = await db.executeQuery<Row>({ ...compiled, parameters });
    return result.rows;
  };
}

/** Like {@link defineQuery}, for one database. */
export function prepareQuery<Values extends object, Row>(
  db: Kysely<Schema>,
  build: (slot: SlotOf<Values>) => CompilableQuery<Row>,
): (values: Values) => Promise<Row[]> {
  const run = defineQuery<Values, Row>((_db, slot) => build(slot));
  return (values) => run(db, values);
}
