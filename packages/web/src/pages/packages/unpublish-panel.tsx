import { useNavigate } from "@tanstack/react-router";
import { useState, type ReactElement } from "react";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/dialog.tsx";
import { Panel } from "../../components/panel.tsx";
import { packagePath, versionPath, type VersionId } from "./package-queries.ts";
import { useChange } from "./use-change.ts";

type Extent = "version" | "package";

/** Takes a version or all of a package away for good, after its name was typed. */
export function UnpublishPanel({ id }: { id: VersionId }): ReactElement {
  const [asked, setAsked] = useState<Extent | null>(null);
  return (
    <Panel title="Danger zone" look="danger">
      <p className="mb-3 max-w-prose text-soft">
        What is unpublished does not come back, and who needs it cannot install any more. A deprecation warns
        instead.
      </p>
      <div className="flex flex-wrap gap-2">
        <Button look="danger" onClick={() => setAsked("version")}>
          Unpublish {id.version}
        </Button>
        <Button look="danger" onClick={() => setAsked("package")}>
          Unpublish the package
        </Button>
      </div>
      {asked !== null && <Confirm key={asked} id={id} extent={asked} onClose={() => setAsked(null)} />}
    </Panel>
  );
}

function Confirm(props: { id: VersionId; extent: Extent; onClose: () => void }): ReactElement {
  const { id, extent, onClose } = props;
  const navigate = useNavigate();
  const what = extent === "version" ? `${id.name}@${id.version}` : id.name;
  const { mutate, isPending, error } = useChange(async () => {
    onClose();
    await navigate({ to: "/packages", search: { registry: id.registry } });
  });
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Unpublish ${what}?`}
      typed={what}
      verb="Unpublish for good"
      isBusy={isPending}
      problem={error}
      onConfirm={() =>
        mutate({
          method: "DELETE",
          path: extent === "version" ? versionPath(id) : packagePath(id),
          done: `${what} is unpublished.`,
        })
      }
    >
      <p>
        {extent === "version"
          ? "The version is gone, and its number cannot be published again."
          : "All versions of the package are gone."}
      </p>
    </ConfirmDialog>
  );
}
