import type { DownloadsAnswer } from "@entrepot/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { Panel } from "../../components/panel.tsx";
import { ErrorState } from "../../components/states.tsx";
import { downloadsQuery, type PackageId } from "./package-queries.ts";

const DAYS = 30;
const HEIGHT = 56;
const BAR = 8;
const GAP = 2;

/** How often the package was downloaded on each of the last days. */
export function DownloadsPanel({ id }: { id: PackageId }): ReactElement {
  const { data, error, refetch } = useQuery(downloadsQuery(id, DAYS));
  return (
    <Panel title={`Downloads, ${DAYS} days`}>
      {error !== null && <ErrorState error={error} reset={() => void refetch()} />}
      {data !== undefined && (
        <>
          <p className="mb-2 text-xl font-semibold">{data.total.toLocaleString("en")}</p>
          {data.total === 0 ? (
            <p className="text-soft">Nobody downloaded it from here lately.</p>
          ) : (
            <Bars days={data.days} />
          )}
        </>
      )}
    </Panel>
  );
}

function Bars({ days }: Pick<DownloadsAnswer, "days">): ReactElement {
  const most = Math.max(1, ...days.map(({ downloads }) => downloads));
  const best = days.find(({ downloads }) => downloads === most);
  const first = days[0]?.day ?? "";
  const last = days.at(-1)?.day ?? "";
  return (
    <figure>
      <svg
        role="img"
        aria-label={`Downloads by day from ${first} to ${last}; the most, ${most}, on ${best?.day ?? ""}`}
        viewBox={`0 0 ${days.length * (BAR + GAP)} ${HEIGHT}`}
        preserveAspectRatio="none"
        className="h-14 w-full"
      >
        {days.map(({ day, downloads }, at) => (
          <Bar key={day} at={at} part={downloads / most} text={`${day}: ${downloads}`} />
        ))}
      </svg>
      <figcaption className="mt-1 flex justify-between text-xs text-faint">
        <span>{first}</span>
        <span>{last}</span>
      </figcaption>
    </figure>
  );
}

// A day without any still has a line, so that the days can be counted.
function Bar({ at, part, text }: { at: number; part: number; text: string }): ReactElement {
  const height = Math.max(1, part * HEIGHT);
  return (
    <rect
      x={at * (BAR + GAP)}
      y={HEIGHT - height}
      width={BAR}
      height={height}
      className={part === 0 ? "fill-line-strong" : "fill-accent"}
    >
      <title>{text}</title>
    </rect>
  );
}
