export { DeliveryOffer } from './delivery-offer.ts';
export { GrpcDeliveryView } from './grpc-delivery-view.ts';
export { DELIVERY_METHODS } from './methods.ts';
