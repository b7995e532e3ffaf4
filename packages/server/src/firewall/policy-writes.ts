import { EntrepotError, type Profile, type RuleId } from "@entrepot/core";
import type { Selectable, Transaction } from "kysely";
import type { Actor } from "../changes/index.ts";
import { isPostgres, type Database, type Schema } from "../db/index.ts";
import { checkedChoice, WHOLE_ONLY, type NewChoice, type UnsignedChoice } from "./policy-choice.ts";
import { EVERYWHERE, layerPolicy, PROFILE_ROW, type PolicyChoice } from "./policy-layers.ts";
import { choiceOf, type KeptChoice } from "./kept-choice.ts";
import { logPolicyChange, type PolicyPlace } from "./log-policy-change.ts";
import { policyWarnings } from "./policy-warnings.ts";

/** Who chooses. */
export interface PolicyWriter {
  actor: Actor;
  /** Only the configuration file may change what it declares. */
  fromConfiguration: boolean;
  /** True for who may switch off what protects the whole workspace, such as the rule against known malware. */
  mayWeaken: boolean;
}

/** All that is chosen in one place, as files hold it. */
export interface PolicyDocument {
  /** Null: as elsewhere. */
  profile: Profile | null;
  rules: readonly {
    rule: string;
    /** Null for every package. */
    packages: string | null;
    mode: string | null;
    options: Readonly<Record<string, unknown>>;
  }[];
}

/** What was done, and what whoever did it should know. */
export interface PolicyResult {
  isChanged: boolean;
  warnings: string[];
}

interface WriteDeps {
  db: Database;
  now: () => number;
}

interface Write {
  place: PolicyPlace;
  by: PolicyWriter;
}

const CHOICES_MAX = 2000;
const LOGGED_MAX = 50;

/**
 * Chooses the mode or the options of a rule. Throws `request-invalid` for what cannot be chosen and
 * `permission-denied` where the configuration file decides.
 */
export async function setPolicyRule(deps: WriteDeps, write: Write, input: NewChoice): Promise<PolicyResult> {
  return await changePolicy(deps, write, (before, others) => {
    const old = before.find(isAbout(input)) ?? null;
    const choice = checkedChoice(input, { ...write, old, base: [...others, ...before] });
    return [...before.filter((one) => one !== old), choice];
  });
}

/** Takes back what was chosen for a rule. Throws `not-found` when nothing was. */
export async function unsetPolicyRule(
  deps: WriteDeps,
  write: Write,
  wanted: { rule: string; packages: string },
): Promise<PolicyResult> {
  return await changePolicy(deps, write, (before) => {
    const old = before.find(isAbout(wanted));
    if (old !== undefined) return before.filter((choice) => choice !== old);
    throw new EntrepotError("not-found", { message: "Nothing was chosen for this rule here." });
  });
}

/** Chooses the profile; null for none of its own. */
export async function setProfile(
  deps: WriteDeps,
  write: Write,
  profile: Profile | null,
): Promise<PolicyResult> {
  return await changePolicy(deps, write, (before) => [
    ...before.filter(({ rule }) => rule !== PROFILE_ROW),
    ...profileChoices(write, profile),
  ]);
}

/** Makes this all that is chosen in the place. Throws `request-invalid`, and then nothing is changed. */
export async function replacePolicy(
  deps: WriteDeps,
  write: Write,
  document: PolicyDocument,
): Promise<PolicyResult> {
  return await changePolicy(deps, write, (_before, others) => {
    const choices = profileChoices(write, document.profile);
    for (const { rule, packages, mode, options } of document.rules) {
      const input = { rule, packages: packages ?? EVERYWHERE, options, ...(mode === null ? {} : { mode }) };
      if (choices.some(isAbout(input))) {
        throw invalid(
          `The rule ${rule} is there twice for ${packages ?? "every package"}; keep one of the two.`,
        );
      }
      choices.push(checkedChoice(input, { ...write, old: null, base: [...others, ...choices] }));
    }
    return choices;
  });
}

/** Gives what the configuration file declared before, and does so no longer, back to API and CLI. */
export async function releasePolicies(
  deps: WriteDeps,
  { workspaceId, declared, actor }: { workspaceId: string; declared: readonly string[]; actor: Actor },
): Promise<boolean> {
  return await deps.db.write(async (trx) => {
    const rows = await trx
      .updateTable("policy_rules")
      .set({ managed: 0 })
      .where("workspace_id", "=", workspaceId)
      .where("managed", "=", 1)
      .where("registry_id", "not in", ["-", ...declared])
      .returning("registry_id")
      .execute();
    // What said nothing but that the file decides has nothing to say any more.
    await trx
      .deleteFrom("policy_rules")
      .where("workspace_id", "=", workspaceId)
      .where("managed", "=", 0)
      .where("rule", "=", PROFILE_ROW)
      .where("options", "=", "{}")
      .execute();
    const places = new Set(rows.map(({ registry_id }) => registry_id));
    for (const registryId of places) {
      await logPolicyChange(
        trx,
        { place: { workspaceId, registryId }, actor, at: deps.now() },
        { managed: false },
      );
    }
    return places.size > 0;
  });
}

/** What is in force from the start in a registry that is made to be a firewall. */
const FIREWALL_RULES: readonly RuleId[] = ["vulnerability", "licence"];

/** Chooses, for a registry that is being made, the rules of a firewall. */
export async function chooseFirewallRules(
  trx: Transaction<Schema>,
  place: PolicyPlace,
  { actor, at }: { actor: Actor; at: number },
): Promise<void> {
  for (const rule of FIREWALL_RULES) {
    const said = { registryId: place.registryId, packages: EVERYWHERE, rule, managed: false };
    await insert(trx, place, { ...said, mode: "enforce", options: {}, setBy: actor.name, setAt: at });
  }
  await logPolicyChange(trx, { place, actor, at }, { enforced: FIREWALL_RULES });
}

/** What is chosen in one place, as files hold it. */
export function documentOf(choices: readonly PolicyChoice[], registryId: string): PolicyDocument {
  const own = choices.filter((choice) => choice.registryId === registryId);
  const profile = own.find(({ rule }) => rule === PROFILE_ROW)?.options["profile"];
  return {
    profile: profile === "standard" || profile === "strict" ? profile : null,
    rules: own
      .filter(({ rule }) => rule !== PROFILE_ROW)
      .map(({ rule, packages, mode, options }) => ({
        rule,
        packages: packages === EVERYWHERE ? null : packages,
        mode,
        options,
      })),
  };
}

async function changePolicy(
  deps: WriteDeps,
  { place, by }: Write,
  change: (own: readonly UnsignedChoice[], others: readonly UnsignedChoice[]) => readonly UnsignedChoice[],
): Promise<PolicyResult> {
  return await deps.db.write(async (trx) => {
    await waitForOthers(trx, place);
    const kept = (await rowsOf(trx, place.workspaceId)).map(choiceOf);
    const own = kept.filter(({ registryId }) => registryId === place.registryId);
    if (!by.fromConfiguration && own.some(({ managed }) => managed)) throw managedByFile();
    const others = kept.filter(({ registryId }) => registryId !== place.registryId);
    const after = change(own, others);
    if (others.length + after.length > CHOICES_MAX) {
      throw invalid(`A workspace has at most ${CHOICES_MAX} choices of rules; use fewer patterns.`);
    }
    const [was, is] = [
      [...others, ...own],
      [...others, ...after],
    ].map((choices) => layerPolicy(choices, place.registryId).settingsOf(""));
    if (was === undefined || is === undefined) throw new EntrepotError("internal");
    for (const rule of WHOLE_ONLY) assertMayWeaken(by, rule as RuleId, [was, is]);
    const detail = differenceOf(own, after);
    const warnings = policyWarnings([...others, ...after], place.registryId);
    if (detail === null) return { isChanged: false, warnings };
    const at = deps.now();
    await trx
      .deleteFrom("policy_rules")
      .where("workspace_id", "=", place.workspaceId)
      .where("registry_id", "=", place.registryId)
      .execute();
    for (const choice of after) {
      const old = own.find(isAbout(choice));
      const isOld = old !== undefined && isSame(old, choice);
      await insert(trx, place, {
        ...choice,
        ...(isOld ? { setBy: old.setBy, setAt: old.setAt } : { setBy: by.actor.name, setAt: at }),
      });
    }
    await logPolicyChange(trx, { place, actor: by.actor, at }, detail);
    return { isChanged: true, warnings };
  });
}

// What is chosen is read, changed as a whole and written: on PostgreSQL others could do so at the same time.
async function waitForOthers(trx: Transaction<Schema>, { workspaceId }: PolicyPlace): Promise<void> {
  if (!isPostgres(trx)) return;
  await trx
    .selectFrom("workspaces")
    .select("id")
    .where("id", "=", workspaceId)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

async function insert(trx: Transaction<Schema>, place: PolicyPlace, choice: KeptChoice): Promise<void> {
  await trx
    .insertInto("policy_rules")
    .values({
      workspace_id: place.workspaceId,
      registry_id: place.registryId,
      packages: choice.packages,
      rule: choice.rule,
      mode: choice.mode,
      options: JSON.stringify(choice.options),
      managed: choice.managed ? 1 : 0,
      set_by: choice.setBy,
      set_at: choice.setAt,
    })
    .execute();
}

async function rowsOf(
  trx: Transaction<Schema>,
  workspaceId: string,
): Promise<Selectable<Schema["policy_rules"]>[]> {
  return await trx
    .selectFrom("policy_rules")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .orderBy("registry_id")
    .orderBy("packages")
    .orderBy("rule")
    .execute();
}

/** What changed, for the audit trail; null when nothing did. */
function differenceOf(
  before: readonly UnsignedChoice[],
  after: readonly UnsignedChoice[],
): Record<string, unknown> | null {
  const changes = [];
  for (const old of before) {
    const now = after.find(isAbout(old));
    if (now === undefined || !isSame(old, now)) changes.push(changeOf(old, now ?? null));
  }
  for (const choice of after) if (!before.some(isAbout(choice))) changes.push(changeOf(null, choice));
  if (changes.length === 0) return null;
  const more = changes.length - LOGGED_MAX;
  return { changes: changes.slice(0, LOGGED_MAX), ...(more > 0 ? { more } : {}) };
}

function changeOf(old: UnsignedChoice | null, now: UnsignedChoice | null): Record<string, unknown> {
  const { rule, packages } = (now ?? old) as UnsignedChoice;
  const shown = (choice: UnsignedChoice | null): unknown =>
    choice === null ? null : { mode: choice.mode, options: choice.options };
  return {
    rule,
    packages: packages === EVERYWHERE ? null : packages,
    before: shown(old),
    after: shown(now),
  };
}

function isSame(one: UnsignedChoice, other: UnsignedChoice): boolean {
  return (
    one.mode === other.mode &&
    one.managed === other.managed &&
    JSON.stringify(one.options) === JSON.stringify(other.options)
  );
}

function isAbout({ rule, packages }: { rule: string; packages: string }): (choice: PolicyChoice) => boolean {
  return (choice) => choice.rule === rule && choice.packages === packages;
}

// The configuration file's word stands here even where it says nothing more, so that nobody else's does.
function profileChoices({ place, by }: Write, profile: Profile | null): UnsignedChoice[] {
  if (profile === null && !by.fromConfiguration) return [];
  return [
    {
      registryId: place.registryId,
      packages: EVERYWHERE,
      rule: PROFILE_ROW,
      mode: null,
      options: profile === null ? {} : { profile },
      managed: by.fromConfiguration,
    },
  ];
}

function assertMayWeaken(
  { mayWeaken }: PolicyWriter,
  rule: RuleId,
  [was, is]: readonly ReturnType<ReturnType<typeof layerPolicy>["settingsOf"]>[],
): void {
  if (mayWeaken || was?.[rule].mode !== "enforce" || is?.[rule].mode === "enforce") return;
  throw new EntrepotError("permission-denied", {
    message: `Switching the rule ${rule} off needs the permission administer: it protects everybody here.`,
  });
}

function managedByFile(): EntrepotError {
  return new EntrepotError("permission-denied", {
    message: "This policy is managed by configuration; change entrepot.yaml and restart.",
  });
}

function invalid(message: string): EntrepotError {
  return new EntrepotError("request-invalid", { message });
}
