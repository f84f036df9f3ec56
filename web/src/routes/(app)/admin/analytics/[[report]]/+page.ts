import { error, redirect } from "@sveltejs/kit";
import { GROUPS } from "$lib/admin/analytics";
import type { ReportName } from "$lib/admin/backend";

/** Without a report, the page is that of usage. */
export function load({ params }: { params: { report?: string } }): { report: ReportName } {
  const { report } = params;
  if (report === undefined) redirect(307, "/admin/analytics/usage");
  if (!(report in GROUPS)) error(404);
  return { report: report as ReportName };
}
