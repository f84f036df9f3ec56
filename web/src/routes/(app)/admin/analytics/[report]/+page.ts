import { error } from "@sveltejs/kit";
import { GROUPS } from "$lib/admin/analytics";
import type { ReportName } from "$lib/admin/backend";

export function load({ params }: { params: { report: string } }): { report: ReportName } {
  if (!(params.report in GROUPS)) error(404);
  return { report: params.report as ReportName };
}
