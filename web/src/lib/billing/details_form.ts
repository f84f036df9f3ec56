import type { ApiError } from "../api/errors.ts";
import { asApiError } from "../state/resource.ts";
import { Store } from "../state/store.ts";
import { cleanCode, cleanLine, cleanLines } from "../typed/clean.ts";
import type { BillingDetails, NewBillingDetails } from "./types.ts";

export type DetailsField = keyof NewBillingDetails;

export interface DetailsFormState {
  fields: Record<DetailsField, string>;
  /** What is wrong with a field: the API's code to translate by, and its sentence. */
  errors: Partial<Record<DetailsField, { code: string; message: string }>>;
  saving: boolean;
  /** Why saving failed, where that is no field's fault. */
  failure: ApiError | null;
}

/** The form of whom invoices are made out to. What is wrong is said by the API, field by field. */
export class DetailsForm {
  readonly store: Store<DetailsFormState>;
  readonly #save: (details: NewBillingDetails) => Promise<BillingDetails>;
  #saved: string;

  constructor(details: BillingDetails, save: (details: NewBillingDetails) => Promise<BillingDetails>) {
    const { legal_name, address, country, state, gstin } = details;
    const fields = {
      legal_name: legal_name ?? "",
      address: address ?? "",
      country: country ?? "IN",
      state: state ?? "",
      gstin: gstin ?? "",
    };
    this.store = new Store({ fields, errors: {}, saving: false, failure: null } as DetailsFormState);
    this.#save = save;
    this.#saved = legal_name === null ? "" : JSON.stringify(fields);
  }

  /** Changes a field, whose error goes. Another country's state and tax number mean nothing. */
  set(field: DetailsField, value: string): void {
    this.store.update((state) => {
      const { [field]: _, ...errors } = state.errors;
      const fields = { ...state.fields, [field]: value };
      return { ...state, errors, fields: field === "country" ? { ...fields, state: "", gstin: "" } : fields };
    });
  }

  /** Saves what has changed. True where it is saved; otherwise the state says why not. */
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

/** What is sent: without what is pasted and not seen. */
function asTyped(fields: Record<DetailsField, string>): NewBillingDetails {
  return {
    legal_name: cleanLine(fields.legal_name),
    address: cleanLines(fields.address),
    country: cleanCode(fields.country),
    state: cleanCode(fields.state),
    gstin: cleanCode(fields.gstin) || null,
  };
}
