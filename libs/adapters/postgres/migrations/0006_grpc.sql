-- Up Migration

-- Where a process answers gRPC; absent where it does not.
alter table instance add column grpc_host text, add column grpc_port int;
