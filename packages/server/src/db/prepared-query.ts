import type { CompiledQuery, Kysely } from "kysely";
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

/** Names the place of a value in a query of {@link prepareQuery}. */
export type SlotOf<Values> = <Name extends keyof Values>(name: Name) => Values[Name];

/**
 * Compiles a query once and returns a function that runs it with values: building a query costs several times what
 * SQLite needs to answer it, and so does handing it through kysely, which is left out where it can be. In `build`, `slot("name")` stands where the value goes; use it as one plain value.
 *
 * ```ts
 * const findToken = prepareQuery(db.read, (slot: SlotOf<{ hash: string }>) =>
 *   db.read.selectFrom("tokens").selectAll().where("secret_hash", "=", slot("hash")));
 * const [token] = await findToken({ hash });
 * ```
 */
export function prepareQuery<Values extends object, Row>(
  db: Kysely<Schema>,
  build: (slot: SlotOf<Values>) => CompilableQuery<Row>,
): (values: Values) => Promise<Row[]> {
  const slot: SlotOf<Values> = (name) => new Slot(name) as unknown as Values[typeof name];
  const compiled = build(slot).compile();
  const { adapter } = db.getExecutor();
  return async (values) => {
    const parameters = compiled.parameters.map((parameter) =>
      parameter instanceof Slot ? values[parameter.name as keyof Values] : parameter,
    );
    if (adapter instanceof DirectAdapter) return adapter.run(compiled, parameters);
    const result = await db.executeQuery<Row>({ ...compiled, parameters });
    return result.rows;
  };
}
