controller/api := table resource call format shared health organization mesh machine membership join_token api_token gateway prefix peering audit enroll machine_self image report report_prefixes
