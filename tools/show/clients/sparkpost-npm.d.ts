/** The part of the npm client that is used here. */
declare module 'sparkpost' {
  interface TransmissionResults {
    readonly results: {
      readonly id: string;
      readonly total_accepted_recipients: number;
      readonly total_rejected_recipients: number;
    };
  }
  export default class SparkPost {
    constructor(key: string, options: { origin: string });
    readonly transmissions: { send(transmission: object): Promise<TransmissionResults> };
  }
}
