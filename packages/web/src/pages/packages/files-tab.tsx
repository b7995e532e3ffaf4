import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState, type ReactElement } from "react";
import { itemsOf } from "../../api/paging.ts";
import { DataTable } from "../../components/data-table.tsx";
import { TextField } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { sizeText } from "../../components/sizes.ts";
import { EmptyState, ErrorState, LoadingState } from "../../components/states.tsx";
import { useDelayed } from "../../components/use-delayed.ts";
import { fileQuery, filesQuery, type VersionId } from "./package-queries.ts";
import { usePackage } from "./use-package.ts";

const route = getRouteApi("/shell/packages/$registry/$package/files");

/** The files of a version's tarball, and what is in each. */
export function FilesTab(): ReactElement {
  const { id, version } = usePackage();
  const { path } = route.useSearch();
  const navigate = route.useNavigate();
  if (version === null) return <EmptyState title="There is no version" />;
  const wanted = { ...id, version };
  const open = (next: string): void => void navigate({ search: (old) => ({ ...old, path: next }) });
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[22rem_minmax(0,1fr)]">
      <Files id={wanted} onOpen={open} />
      {path === undefined ? (
        <Panel>
          <EmptyState title="Choose a file">Its text is shown here as it is in the tarball.</EmptyState>
        </Panel>
      ) : (
        <FileText id={wanted} path={path} />
      )}
    </div>
  );
}

function Files({ id, onOpen }: { id: VersionId; onOpen: (path: string) => void }): ReactElement {
  const [text, setText] = useState("");
  const list = useInfiniteQuery({ ...filesQuery(id, useDelayed(text)), placeholderData: keepPreviousData });
  const rows = itemsOf(list.data);
  const first = list.data?.pages[0];
  const total =
    first === undefined ? "" : `: ${first.fileCount}, ${sizeText(first.unpackedSizeBytes)} unpacked`;
  return (
    <Panel title={`Files${total}`} isFlush>
      <search className="block border-b border-line px-4 py-3">
        <TextField
          label="Files by path"
          type="search"
          placeholder="Part of the path"
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
      </search>
      {list.isPending && <LoadingState what="Reading the tarball" />}
      {list.isError && <ErrorState error={list.error} reset={() => void list.refetch()} />}
      {list.isSuccess && rows.length === 0 && <EmptyState title="No such file" />}
      {rows.length > 0 && (
        <DataTable
          label="Files"
          columns={[
            {
              heading: "Path",
              cell: ({ path }) => (
                <button
                  type="button"
                  className="text-left text-accent underline [overflow-wrap:anywhere]"
                  onClick={() => onOpen(path)}
                >
                  {path}
                </button>
              ),
            },
            { heading: "Size", isNumber: true, cell: ({ sizeBytes }) => sizeText(sizeBytes) },
          ]}
          rows={rows}
          keyOf={({ path }) => path}
          onEnd={list.hasNextPage && !list.isFetchingNextPage ? () => void list.fetchNextPage() : undefined}
          isLoadingMore={list.isFetchingNextPage}
        />
      )}
    </Panel>
  );
}

function FileText({ id, path }: { id: VersionId; path: string }): ReactElement {
  const { data, isPending, error, refetch } = useQuery(fileQuery(id, path));
  return (
    <Panel title={path} isFlush>
      {isPending && <LoadingState what={`Reading ${path}`} />}
      {error !== null && <ErrorState error={error} reset={() => void refetch()} />}
      {data?.text === null && (
        <EmptyState title="Not a text">Its {sizeText(data.sizeBytes)} cannot be shown.</EmptyState>
      )}
      {typeof data?.text === "string" && (
        <pre tabIndex={0} aria-label={path} className="max-h-[75vh] overflow-auto px-4 py-3 leading-relaxed">
          <code>{data.text}</code>
        </pre>
      )}
      {data?.isCut === true && <p className="px-4 py-2 text-soft">It is longer; the rest is not shown.</p>}
    </Panel>
  );
}
