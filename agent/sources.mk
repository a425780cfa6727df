agent := main bird bird_files child child_exec config control enrol fetch fetch_machine http http_request leave loop machine member reconcile report report_body screen status status_parts watch
