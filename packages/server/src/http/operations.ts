import type { Answer } from "./answer.ts";
import { jsonAnswer } from "./answer.ts";
import type { HttpDeps } from "./context.ts";

const STARTED_AT_DIGITS = 3;

/** Answers `/health*` and `/metrics`; null for any other path. Needs no credential and says nothing of packages. */
export async function operationsAnswer(deps: HttpDeps, path: string): Promise<Answer | null> {
  switch (path) {
    case "/health/live":
      return textAnswer(200, "OK");
    case "/health":
    case "/health/ready": {
      const problem = await deps.readiness();
      return problem === null ? textAnswer(200, "OK") : textAnswer(503, problem);
    }
    case "/health/json":
      return await healthJson(deps);
    case "/metrics": {
      const { contentType, text } = await deps.metrics.expose();
      return textAnswer(200, text, contentType);
    }
    default:
      return null;
  }
}

async function healthJson(deps: HttpDeps): Promise<Answer> {
  const problem = await deps.readiness();
  return jsonAnswer(problem === null ? 200 : 503, {
    status: problem === null ? "ok" : "unavailable",
    problem,
    version: deps.version,
    database: deps.db.kind,
    advisories: advisoryHealth(deps),
    uptimeSeconds: Number(process.uptime().toFixed(STARTED_AT_DIGITS)),
  });
}

/** No reason to send traffic elsewhere: what was known last is in force. The API tells administrators more. */
function advisoryHealth({ advisories, now }: HttpDeps): object {
  const { epoch, currentAt, alarms } = advisories.state();
  const ageSeconds = currentAt === null ? null : Math.round((now() - currentAt) / 1000);
  return { epoch, ageSeconds, alarms: alarms.length };
}

function textAnswer(status: number, text: string, contentType = "text/plain; charset=utf-8"): Answer {
  const body = Buffer.from(text);
  return {
    status,
    headers: [
      "content-type",
      contentType,
      "content-length",
      String(body.length),
      "cache-control",
      "no-store",
    ],
    body,
  };
}
