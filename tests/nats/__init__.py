"""What is published to NATS JetStream, on a nats-server that each test starts."""
