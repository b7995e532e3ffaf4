import { useMutation } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/dialog.tsx";
import { Panel } from "../../components/panel.tsx";

interface RemovalProps {
  /** What it is, such as `the team web`. */
  what: string;
  /** Its name, which has to be typed. */
  name: string;
  /** Where the API has it. */
  path: string;
  /** What goes with it. */
  text: string;
  onDone: () => Promise<void>;
}

/** The danger zone of something that is deleted for good. */
export function Removal({ what, name, path, text, onDone }: RemovalProps): ReactElement {
  const [isAsking, setAsking] = useState(false);
  const removing = useMutation({ mutationFn: () => api.call(path, { method: "DELETE" }), onSuccess: onDone });
  return (
    <Panel title="Danger zone" look="danger">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="max-w-prose text-soft">{text}</p>
        <Button look="danger" onClick={() => setAsking(true)}>
          Delete {what}
        </Button>
      </div>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={`Delete ${what}?`}
        typed={name}
        verb="Delete for good"
        isBusy={removing.isPending}
        problem={removing.error}
        onConfirm={() => removing.mutate()}
      >
        <p>{text}</p>
      </ConfirmDialog>
    </Panel>
  );
}
