import type { DiffAnswer, DiffSideAnswer, FileChangeAnswer } from "@entrepot/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { itemsOf } from "../../api/paging.ts";
import { Badge } from "../../components/badge.tsx";
import { DataTable } from "../../components/data-table.tsx";
import { SelectField } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { sizeText } from "../../components/sizes.ts";
import { EmptyState, ErrorState, LoadingState } from "../../components/states.tsx";
import { diffQuery, versionsQuery, type PackageId } from "./package-queries.ts";
import { usePackage } from "./use-package.ts";

const route = getRouteApi("/shell/packages/$registry/$package/compare");

/** How a version differs from another: files, scripts, dependencies and people. */
export function CompareTab(): ReactElement {
  const { id, version } = usePackage();
  const { from: chosen } = route.useSearch();
  const navigate = route.useNavigate();
  const list = useInfiniteQuery(versionsQuery(id, { text: "", status: "" }));
  const versions = itemsOf(list.data).map((one) => one.version);
  const from = chosen ?? versions[versions.indexOf(version ?? "") + 1] ?? versions[0];
  if (list.isPending) return <LoadingState />;
  if (version === null || from === undefined || versions.length < 2) {
    return (
      <EmptyState title="There is only one version">With a second one, both can be compared.</EmptyState>
    );
  }
  const options = versions.map((one) => <option key={one}>{one}</option>);
  return (
    <div className="grid gap-4">
      <div className="grid max-w-xl grid-cols-2 gap-3">
        <SelectField
          label="From"
          value={from}
          onChange={({ target }) =>
            void navigate({ search: (old) => ({ ...old, from: target.value }), replace: true })
          }
        >
          {options}
        </SelectField>
        <SelectField
          label="To"
          value={version}
          onChange={({ target }) =>
            void navigate({ search: (old) => ({ ...old, version: target.value }), replace: true })
          }
        >
          {options}
        </SelectField>
      </div>
      {from === version ? (
        <EmptyState title="That is one version twice">Choose another to compare it with.</EmptyState>
      ) : (
        <Difference id={id} from={from} to={version} />
      )}
    </div>
  );
}

function Difference({ id, from, to }: { id: PackageId; from: string; to: string }): ReactElement {
  const { data, isPending, error, refetch } = useQuery(diffQuery(id, { from, to }));
  if (isPending) return <LoadingState what="Comparing the tarballs" />;
  if (data === undefined) return <ErrorState error={error} reset={() => void refetch()} />;
  return (
    <>
      <Members diff={data} />
      <Panel title={`Files: ${data.changedCount} differ, ${data.unchangedCount} are the same`} isFlush>
        {data.files.length === 0 && <EmptyState title="No file differs" />}
        <ul className="divide-y divide-line">
          {data.files.map((file) => (
            <li key={file.path} className="px-4 py-2">
              <Change file={file} />
            </li>
          ))}
        </ul>
      </Panel>
    </>
  );
}

interface Member {
  member: string;
  before: string | null;
  after: string | null;
}

const SIDES: ReadonlyArray<readonly [string, (side: DiffSideAnswer) => string | null]> = [
  ["publisher", ({ publisher }) => publisher],
  ["maintainers", ({ maintainers }) => maintainers.join(", ")],
  ["licence", ({ licence }) => licence],
  ["provenance (claimed)", ({ predicateType }) => predicateType],
];

function Members({ diff }: { diff: DiffAnswer }): ReactElement {
  const people = SIDES.map(([member, valueOf]) => ({
    member,
    before: valueOf(diff.from),
    after: valueOf(diff.to),
  })).filter(({ before, after }) => before !== after);
  const rows: Member[] = [...people, ...diff.manifest];
  return (
    <Panel title="Who made it, and its package.json" isFlush>
      {rows.length === 0 && <EmptyState title="Nothing of it differs" />}
      {rows.length > 0 && (
        <DataTable
          label="What differs"
          columns={[
            { heading: "What", cell: (row) => <MemberName row={row} /> },
            { heading: "Before", cell: ({ before }) => <Value text={before} /> },
            { heading: "After", cell: ({ after }) => <Value text={after} /> },
          ]}
          rows={rows}
          keyOf={({ member }) => member}
        />
      )}
    </Panel>
  );
}

const RUNS_AT_INSTALLATION = /^scripts\.(?:pre|post)?install$/;

function MemberName({ row: { member } }: { row: Member }): ReactElement {
  return (
    <span className="[overflow-wrap:anywhere]">
      {member} {RUNS_AT_INSTALLATION.test(member) && <Badge tone="bad">runs at installation</Badge>}
    </span>
  );
}

function Value({ text }: { text: string | null }): ReactElement {
  if (text === null || text === "") return <span className="text-faint">none</span>;
  return <code className="[overflow-wrap:anywhere]">{text}</code>;
}

function Change({ file }: { file: FileChangeAnswer }): ReactElement {
  const { path, status, patch, sizeBytesBefore, sizeBytesAfter } = file;
  const tone = { added: "good", removed: "bad", changed: "neutral" } as const;
  const sizes = [sizeBytesBefore, sizeBytesAfter].filter((bytes) => bytes !== null).map(sizeText);
  const head = (
    <>
      <Badge tone={tone[status]}>{status}</Badge> <code className="[overflow-wrap:anywhere]">{path}</code>{" "}
      <span className="text-soft">{sizes.join(" → ")}</span>
    </>
  );
  if (patch === null) return <div>{head}</div>;
  return (
    <details>
      <summary className="cursor-pointer">{head}</summary>
      <pre
        tabIndex={0}
        aria-label={`Difference in ${path}`}
        className="mt-2 max-h-[60vh] overflow-auto rounded-md border border-line py-2 leading-relaxed"
      >
        {patch.split("\n").map((line, at) => (
          <PatchLine key={at} line={line} />
        ))}
      </pre>
    </details>
  );
}

const LINE_LOOKS: Readonly<Record<string, string>> = {
  "+": "bg-good-soft text-good",
  "-": "bg-bad-soft text-bad",
  "@": "text-soft",
};

function PatchLine({ line }: { line: string }): ReactElement {
  return <code className={`block min-w-max px-3 ${LINE_LOOKS[line.charAt(0)] ?? ""}`}>{line || " "}</code>;
}
