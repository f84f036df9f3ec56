declare global {
  namespace App {
    interface Error {
      message: string;
      code?: string;
    }
    interface PageData {
      /** The side bar of these pages, in place of the conversations'. */
      sideBar?: import("svelte").Component<{ onnavigate?: () => void }>;
    }
  }
}

export {};
