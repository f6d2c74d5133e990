"""What auditors do, who have nothing but the address of a service and the public key of its log."""
