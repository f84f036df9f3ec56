import { asApiError, type ApiError } from "../api/errors.ts";
import { Store } from "../state/store.ts";
import { cleanCode, cleanLine, cleanLines } from "../typed/clean.ts";
import type { BillingDetails, NewBillingDetails } from "./types.ts";

export type DetailsField = keyof NewBillingDetails;

/** Whether a country is not that of a network, as far as that is known: `-IN-ID` is a country that is neither. */
export function isElsewhere(network: string | null | undefined, country: string): boolean {
  if (!network) return false;
  return network.startsWith("-") ? network.slice(1).split("-").includes(country) : network !== country;
}

export interface DetailsFormState {
  fields: Record<DetailsField, string>;
  /** The error of a field: the API's code, for translation, and its message. */
  errors: Partial<Record<DetailsField, { code: string; message: string }>>;
  saving: boolean;
  /** Why saving failed, if no field is the cause. */
  failure: ApiError | null;
}

/** The form for the recipient of invoices. The API reports errors by field. */
export class DetailsForm {
  readonly store: Store<DetailsFormState>;
  /** The country of the user's network, as the API writes it; null if it is not known. */
  readonly network: string | null;
  readonly #save: (details: NewBillingDetails) => Promise<BillingDetails>;
  #saved: string;

  constructor(details: BillingDetails, save: (details: NewBillingDetails) => Promise<BillingDetails>) {
    const { legal_name, address, country, state, gstin } = details;
    this.network = details.network_country;
    const fields = {
      legal_name: legal_name ?? "",
      address: address ?? "",
      country: country ?? (/^[A-Z]{2}$/.test(this.network ?? "") ? this.network! : "IN"),
      state: state ?? "",
      gstin: gstin ?? "",
    };
    this.store = new Store({ fields, errors: {}, saving: false, failure: null } as DetailsFormState);
    this.#save = save;
    this.#saved = legal_name === null ? "" : JSON.stringify(fields);
  }

  /** Changes a field and clears its error. A new country clears state and tax number. */
  set(field: DetailsField, value: string): void {
    this.store.update((state) => {
      const { [field]: _, ...errors } = state.errors;
      const fields = { ...state.fields, [field]: value };
      return { ...state, errors, fields: field === "country" ? { ...fields, state: "", gstin: "" } : fields };
    });
  }

  /** Saves changes. Returns true on success; otherwise the state has the reason. */
  async save(): Promise<boolean> {
    const { fields, saving } = this.store.value;
    if (saving) return false;
    if (JSON.stringify(fields) === this.#saved) return true;
    this.store.update((state) => ({ ...state, saving: true, failure: null, errors: {} }));
    try {
      await this.#save(asTyped(fields));
      this.#saved = JSON.stringify(fields);
      this.store.update((state) => ({ ...state, saving: false }));
      return true;
    } catch (problem) {
      const failure = asApiError(problem);
      const known = (failure.body.details ?? []).filter(({ field }) => field in fields);
      const errors = Object.fromEntries(known.map(({ field, code, message }) => [field, { code, message }]));
      const ofForm = known.length === 0 ? failure : null;
      this.store.update((state) => ({ ...state, saving: false, errors, failure: ofForm }));
      return false;
    }
  }
}

/** The values to send, without invisible pasted characters. */
function asTyped(fields: Record<DetailsField, string>): NewBillingDetails {
  return {
    legal_name: cleanLine(fields.legal_name),
    address: cleanLines(fields.address),
    country: cleanCode(fields.country),
    state: cleanCode(fields.state),
    gstin: cleanCode(fields.gstin) || null,
  };
}
