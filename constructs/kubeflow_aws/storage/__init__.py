"""File systems that many pods share: Amazon EFS and Amazon FSx for Lustre."""
