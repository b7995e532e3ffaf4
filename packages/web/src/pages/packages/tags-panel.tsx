import { useState, type ReactElement } from "react";
import { Button } from "../../components/button.tsx";
import { TextField } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemText } from "../../components/states.tsx";
import { packagePath, type VersionId } from "./package-queries.ts";
import { useChange, type Change } from "./use-change.ts";

/** The tags of a package: moved to the chosen version, added and removed. */
export function TagsPanel(props: { id: VersionId; tags: Readonly<Record<string, string>> }): ReactElement {
  const { id, tags } = props;
  const [wish, setWish] = useState("");
  const { mutate, isPending, error } = useChange(() => setWish(""));

  function put(tag: string, version: string): Change {
    return {
      method: "PUT",
      path: pathOf(tag),
      body: { version },
      done: `The tag ${tag} leads to ${version}.`,
    };
  }
  function remove(tag: string): Change {
    return { method: "DELETE", path: pathOf(tag), done: `The tag ${tag} is gone.` };
  }
  function pathOf(tag: string): string {
    return `${packagePath(id)}/tags/${encodeURIComponent(tag)}`;
  }
  function move(tag: string): void {
    const before = tags[tag];
    mutate({ ...put(tag, id.version), undo: before === undefined ? remove(tag) : put(tag, before) });
  }

  return (
    <Panel title="Tags" isFlush>
      <ul className="divide-y divide-line">
        {Object.entries(tags).map(([tag, version]) => (
          <li key={tag} className="flex flex-wrap items-center gap-2 px-4 py-2">
            <span className="font-medium">{tag}</span>
            <code>{version}</code>
            <span className="ml-auto flex flex-wrap gap-1">
              {version !== id.version && (
                <Button disabled={isPending} onClick={() => move(tag)}>
                  Move <span className="sr-only">{tag} </span>to {id.version}
                </Button>
              )}
              {tag !== "latest" && (
                <Button
                  look="quiet"
                  disabled={isPending}
                  onClick={() => mutate({ ...remove(tag), undo: put(tag, version) })}
                >
                  Remove<span className="sr-only"> the tag {tag}</span>
                </Button>
              )}
            </span>
          </li>
        ))}
      </ul>
      <form
        className="flex flex-wrap items-end gap-2 border-t border-line px-4 py-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (wish.trim() !== "") move(wish.trim());
        }}
      >
        <TextField label="New tag" value={wish} onChange={({ target }) => setWish(target.value)} />
        <Button type="submit" isBusy={isPending} disabled={wish.trim() === ""}>
          Tag {id.version}
        </Button>
      </form>
      {error !== null && (
        <div className="px-4 pb-4">
          <ProblemText problem={error} />
        </div>
      )}
    </Panel>
  );
}
