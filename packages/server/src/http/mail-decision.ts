import { decisionText, type ExceptionRecord } from "../firewall/index.ts";
import type { HttpDeps } from "./context.ts";

/** Sends whoever asked for an exception what was decided, where mail is configured and they have an address. */
export async function mailDecision(
  { mailer, identity }: Pick<HttpDeps, "mailer" | "identity">,
  { record, by }: { record: ExceptionRecord; by: string },
): Promise<void> {
  if (mailer === null || record.owner === by) return;
  const email = (await identity.findUser(record.owner))?.email ?? null;
  if (email === null) return;
  await mailer.send({
    to: email,
    subject: `Your request for ${record.packages}`,
    text: `${decisionText(record, by)}\n\nThe request was: ${record.reason}\n`,
  });
}
