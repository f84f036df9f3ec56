import { loadConfig } from "../config.ts";
import type { Store } from "../state/store.ts";
import { exclusively } from "./exclusively.ts";
import { requestRefresh, type RefreshResult } from "./refresh_request.ts";
import { TokenRenewal } from "./token_renewal.ts";
import type { SessionStorage } from "./tokens.ts";

/** The renewal of this page's token, by the browser's clock, locks and network. */
export function createRenewal(storage: SessionStorage, retrying: Store<boolean>): TokenRenewal {
  return new TokenRenewal(storage, {
    refresh,
    exclusively,
    retrying,
    now: () => performance.now(),
    wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  });
}

async function refresh(refreshToken: string): Promise<RefreshResult> {
  try {
    const config = await loadConfig();
    return await requestRefresh(config.supabase_url, config.supabase_publishable_key, refreshToken);
  } catch {
    return { state: "failed", reached: false, retryAfter: null };
  }
}
