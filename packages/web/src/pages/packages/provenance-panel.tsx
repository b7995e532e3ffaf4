import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { Badge } from "../../components/badge.tsx";
import { Facts, Panel } from "../../components/panel.tsx";
import { versionQuery, type VersionId } from "./package-queries.ts";

/** What a version claims of where it was made, and by what it can be told from another. */
export function ProvenancePanel({ id }: { id: VersionId }): ReactElement | null {
  const { data } = useQuery(versionQuery(id));
  if (data === undefined || data.provenance === null) return null;
  const { predicateType, trustedPublisher, hasSignatures } = data.provenance;
  return (
    <Panel title="Provenance">
      <Facts
        facts={[
          [
            "Attestation",
            predicateType === null ? (
              "none"
            ) : (
              <>
                <Badge>claimed, not verified</Badge> <code>{predicateType}</code>
              </>
            ),
          ],
          [
            "Published from",
            trustedPublisher === null ? (
              "no known pipeline"
            ) : (
              <>
                {trustedPublisher} <Badge>claimed</Badge>
              </>
            ),
          ],
          ["Signature", hasSignatures ? <Badge key="signature">there, not verified</Badge> : "none"],
          ["Integrity", data.integrity === null ? "not told" : <code key="integrity">{data.integrity}</code>],
        ]}
      />
    </Panel>
  );
}
