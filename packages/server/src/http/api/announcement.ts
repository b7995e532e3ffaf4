import { z } from "zod";
import type { AnnouncementAnswer, ShownAnnouncementAnswer } from "@entrepot/core";
import { actorOf, apiRoute, NO_BODY, type ApiContext, type ApiRoute } from "./api-route.ts";
import { isoOf, isoOrNull } from "./iso-of.ts";

const TEXT_CHARS_MAX = 500;
const announcementBody = z.strictObject({
  text: z.string().trim().min(1).max(TEXT_CHARS_MAX),
  level: z.enum(["info", "warning"]).default("info"),
  /** When it ends by itself. */
  until: z.iso.datetime({ offset: true }).nullable().default(null),
});

/** Times are milliseconds since 1970. */
interface Announcement {
  text: string;
  level: "info" | "warning";
  until: number | null;
  setBy: string;
  setAt: number;
}

/** A text for everybody, in force now; null where there is none. It is plain text. */
export async function currentAnnouncement({
  deps,
}: Pick<ApiContext<unknown>, "deps">): Promise<AnnouncementAnswer | null> {
  const row = await deps.db.read
    .selectFrom("settings")
    .select("value")
    .where("key", "=", keyOf(deps.workspaceId))
    .executeTakeFirst();
  if (row === undefined) return null;
  const { text, level, until, setAt } = JSON.parse(row.value) as Announcement;
  if (until !== null && until <= deps.now()) return null;
  return { text, level, until: isoOrNull(until), setAt: isoOf(setAt) };
}

function keyOf(workspaceId: string): string {
  return `announcement:${workspaceId}`;
}

async function set(context: ApiContext<z.infer<typeof announcementBody>>): Promise<ShownAnnouncementAnswer> {
  const { text, level, until } = context.body;
  const { name: setBy } = actorOf(context).actor;
  const at = context.deps.now();
  const said: Announcement = {
    text,
    level,
    until: until === null ? null : Date.parse(until),
    setBy,
    setAt: at,
  };
  await write(context, said);
  return { announcement: await currentAnnouncement(context) };
}

async function write(context: ApiContext<unknown>, said: Announcement | null): Promise<void> {
  const { db, audit, workspaceId } = context.deps;
  const key = keyOf(workspaceId);
  await db.write(async (trx) => {
    await trx.deleteFrom("settings").where("key", "=", key).execute();
    if (said === null) return;
    await trx
      .insertInto("settings")
      .values({ key, value: JSON.stringify(said) })
      .execute();
  });
  audit.record({
    kind: "announcement-changed",
    actor: actorOf(context).actor,
    registryId: null,
    registry: null,
    packageName: null,
    result: "done",
    detail: { text: said?.text ?? null },
  });
}

const PATH = "/announcement";

/** A text that administrators show to everybody, also to who has not signed in. */
export const ANNOUNCEMENT_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "show-announcement",
    method: "GET",
    path: PATH,
    permission: "none",
    body: NO_BODY,
    handler: async (context): Promise<ShownAnnouncementAnswer> => ({
      announcement: await currentAnnouncement(context),
    }),
  }),
  apiRoute({
    id: "set-announcement",
    method: "PUT",
    path: PATH,
    permission: "administer",
    body: announcementBody,
    handler: set,
  }),
  apiRoute({
    id: "clear-announcement",
    method: "DELETE",
    path: PATH,
    permission: "administer",
    body: NO_BODY,
    handler: (context) => write(context, null),
  }),
];
