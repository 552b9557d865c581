{{/* What the controller reads and writes in the namespaces that it serves. */}}
{{- define "gatehouse.servingRules" -}}
- apiGroups: [""]
  resources: [configmaps, secrets, services]
  verbs: [get, list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [get, list, watch]
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: [get, list, watch]
{{- if ne (toString (index .Values.controller.extraArgs "update-status")) "false" }}
- apiGroups: [networking.k8s.io]
  resources: [ingresses/status]
  verbs: [patch]
{{- end }}
- apiGroups: [""]
  resources: [events]
  verbs: [create]
{{- end -}}

{{/* What it reads and writes in its own namespace besides. */}}
{{- define "gatehouse.ownRules" -}}
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list]
{{- if .Values.rbac.scope }}
- apiGroups: [""]
  resources: [configmaps, secrets, services]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [events]
  verbs: [create]
{{- end }}
{{- if not .Values.controller.disableLeaderElection }}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ include "gatehouse.electionId" . }}]
  verbs: [get, update]
{{- end }}
{{- end -}}

{{- define "gatehouse.subjects" -}}
- kind: ServiceAccount
  name: {{ include "gatehouse.serviceAccountName" . }}
  namespace: {{ include "gatehouse.namespace" . }}
{{- end -}}
