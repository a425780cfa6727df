cli := api api_token audit cell check cli client find gateway login machine machine_key main membership mesh organization output peering prefix problem session state state_json status token
